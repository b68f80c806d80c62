// Package hub folds what GitHub sends to webhooks into views of repositories, issues, pull
// requests, stars and people.
//
// # What is applied, and what is not
//
// Most deliveries carry the whole of what they are about, as it is afterwards. So the action hardly
// matters: what came last is kept, and an action that this package has never heard of is applied
// like an edit. The action counts where something goes (deleted, transferred, removed), where the
// payload does not show what became of it (pinned), and in what people did. Every delivery that is
// applied also refreshes its repository and its organization, and books its sender's activity.
//
// Discarded on purpose are:
//
//   - watch: GitHub sends it beside star, for the same click, and star says more;
//   - a star or a member whose action is unknown, as what it did to them can't be read from the
//     payload;
//   - a star or a member that does not say whose, as of an account that was deleted;
//   - a label without a repository: the default labels of an organization are in no view.
//
// A delivery of a known kind that does not say what it is about is an error: it has no repository
// or no number.
package hub

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen
