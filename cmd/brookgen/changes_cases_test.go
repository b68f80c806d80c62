package main

import brook "github.com/brookgen/brookgen/runtime"

const (
	placedDoc = "// Placed says that somebody ordered something.\n//\n//brook:event order.placed\n" +
		"type Placed struct {\n\tOrder string `json:\"order\" brook:\"key\"`\n" +
		"\tUser  string `json:\"user\"`\n\tCents int32  `json:\"cents\"`\n" +
		"\tShop  string `json:\"shop\"`\n\tNote  string `json:\"note\"`\n}\n"
	paidDoc = "// Paid says that an order, or a part of it, was paid.\n//\n" +
		"//brook:event order.paid\ntype Paid struct {\n" +
		"\tOrder string `json:\"order\" brook:\"key\"`\n" +
		"\tCents int32  `json:\"cents\" brook:\"default=1\"`\n}\n"
	eventNote = "\tNote  string `json:\"note\"`\n}\n\n// Paid"
	rowNote   = "\tNote  string `json:\"note\"`\n}\n\n// User"
	paidBody  = "//brook:handle\n" +
		"func (Orders) Paid(e brook.Event[Paid]) brook.Change[string, Order] {\n" +
		"\treturn brook.Merge(e.Data.Order, func(o *Order) { o.Paid += e.Data.Cents })\n}\n"
	usersBody = "//brook:handle\n" +
		"func (Users) Placed(e brook.Event[Placed]) brook.Change[string, User] {\n" +
		"\treturn brook.Merge(e.Data.User, func(u *User) { u.Orders++ })\n}\n"
	usersDoc = "// Users counts the orders of users.\ntype Users struct{}\n\n" + usersBody
	userRow  = "// User is who ordered.\n//\n//brook:collection users\ntype User struct {\n" +
		"\tID     string `json:\"id\" brook:\"key\"`\n\tOrders int32  `json:\"orders\"`\n}\n"
)

var changes = []changeRow{
	// Events.
	{what: "add a field to an event", edits: []string{
		eventNote, "\tAgent string `json:\"agent\"`\n" + eventNote}},
	{what: "give a field of an event a default", edits: []string{
		eventNote, "\tCurrency string `json:\"currency\" brook:\"default=EUR\"`\n" + eventNote}},
	{what: "give a field of an event another default", edits: []string{"default=1", "default=2"},
		before: []logged{{"order.paid", "o2", `{"order":"o2"}`}}},
	{what: "remove a field from an event", edits: []string{
		"\tShop  string `json:\"shop\"`\n", ""}},
	{what: "rename a field of an event in Go", edits: []string{
		eventNote, "\tRemark string `json:\"note\"`\n}\n\n// Paid",
		"e.Data.Note",
		"e.Data.Remark"}},
	{what: "rename a field of an event on the wire", edits: []string{
		eventNote, "\tNote string `json:\"remark\" brook:\"was=note\"`\n}\n\n// Paid"},
		later: []logged{{"order.placed", "o4", `{"order":"o4","user":"ada","remark":"new"}`}}},
	{what: "rename a field of an event without `was=`", edits: []string{
		eventNote, "\tNote string `json:\"remark\"`\n}\n\n// Paid"}},
	{what: "make a field of an event required", edits: []string{
		eventNote, "\tNote string `json:\"note\" brook:\"required\"`\n}\n\n// Paid"}},
	{what: "make a number of an event wider", edits: []string{
		"\tUser  string `json:\"user\"`\n\tCents int32  `json:\"cents\"`\n\tShop",
		"\tUser  string `json:\"user\"`\n\tCents int64  `json:\"cents\"`\n\tShop",
		"Cents: e.Data.Cents", "Cents: int32(e.Data.Cents)"}},
	{what: "make a field of an event a pointer, or no longer one", edits: []string{
		eventNote, "\tNote *string `json:\"note\"`\n}\n\n// Paid",
		"\t\tNote:  e.Data.Note,\n", "",
		"\treturn brook.Create(e",
		"\tnote := \"\"\n\tif e.Data.Note != nil {\n\t\tnote = *e.Data.Note\n\t}\n" +
			"\treturn brook.Create(e",
		"\t}), brook.Emit", "\t\tNote: note,\n\t}), brook.Emit"}},
	{what: "give a field of an event another kind", edits: []string{
		eventNote, "\tNote []string `json:\"note\"`\n}\n\n// Paid",
		"\t\tNote:  e.Data.Note,\n",
		""}},
	{what: "rename an event in Go", edits: []string{
		"type Placed struct",
		"type Ordered struct",
		"[Placed]",
		"[Ordered]",
		"// Placed says",
		"// Ordered says"}},
	{what: "rename an event on the wire", edits: []string{
		"event order.placed", "event order.made was=order.placed"},
		later: []logged{{"order.made", "o4", `{"order":"o4","user":"ada"}`}}},
	{what: "change an event altogether", edits: []string{placedDoc,
		"// Placed is.\n//\n//brook:event order.placed version=2\ntype Placed struct {\n" +
			"\tOrder string `json:\"order\" brook:\"key\"`\n\tUser  string `json:\"user\"`\n" +
			"\tCents int32 `json:\"cents\"`\n\tNotes []string `json:\"notes\"`\n}\n\n" +
			"// PlacedV1 was.\n//\n//brook:event order.placed version=1\ntype PlacedV1 struct {\n" +
			"\tOrder string `json:\"order\" brook:\"key\"`\n\tUser  string `json:\"user\"`\n" +
			"\tCents int32 `json:\"cents\"`\n\tNote string `json:\"note\"`\n}\n\n" +
			"//brook:upcast\nfunc (p PlacedV1) Upcast() Placed {\n" +
			"\treturn Placed{p.Order, p.User, p.Cents, []string{p.Note}}\n}\n",
		"\treturn brook.Create(e",
		"\tnote := \"\"\n\tif len(e.Data.Notes) > 0 {\n\t\tnote = e.Data.Notes[0]\n\t}\n" +
			"\treturn brook.Create(e",
		"e.Data.Note,", "note,"}},
	{what: "read events of another form, whose producers tell no version", edits: []string{placedDoc,
		"// Placed is.\n//\n//brook:event order.placed version=2\ntype Placed struct {\n" +
			"\tOrder string `json:\"order\" brook:\"key\"`\n\tUser  string `json:\"user\"`\n" +
			"\tCents int32 `json:\"cents\"`\n\tNotes []string `json:\"notes\"`\n}\n\n" +
			"// PlacedV1 was.\n//\n//brook:event order.placed version=1 when=note\n" +
			"type PlacedV1 struct {\n\tOrder string `json:\"order\" brook:\"key\"`\n" +
			"\tUser  string `json:\"user\"`\n\tCents int32 `json:\"cents\"`\n" +
			"\tNote string `json:\"note\"`\n}\n\n" +
			"//brook:upcast\nfunc (p PlacedV1) Upcast() Placed {\n" +
			"\treturn Placed{p.Order, p.User, p.Cents, []string{p.Note}}\n}\n",
		"\treturn brook.Create(e",
		"\tnote := \"\"\n\tif len(e.Data.Notes) > 0 {\n\t\tnote = e.Data.Notes[0]\n\t}\n" +
			"\treturn brook.Create(e",
		"e.Data.Note,", "note,"},
		later: []logged{{"order.placed", "o4", `{"order":"o4","user":"ada","notes":["new"]}`}}},
	{what: "rename an event without `was=`", edits: []string{
		"event order.placed",
		"event order.made"}},
	{what: "split an event in two", edits: []string{
		paidDoc, paidDoc + "\n// Refunded was a payment below zero.\n//\n//brook:event order.refunded\n" +
			"type Refunded struct {\n\tOrder string `json:\"order\" brook:\"key\"`\n" +
			"\tCents int32 `json:\"cents\"`\n}\n",
		paidBody, paidBody + "\n//brook:handle\n" +
			"func (Orders) Refunded(e brook.Event[Refunded]) brook.Change[string, Order] {\n" +
			"\treturn brook.Merge(e.Data.Order, func(o *Order) { o.Paid -= e.Data.Cents })\n}\n"}},
	{what: "stop handling an event", edits: []string{
		"event order.paid", "event order.paid discard", paidBody, ""}},
	{what: "remove an event", edits: []string{paidDoc, "", paidBody, ""}},
	{what: "give an event another key", edits: []string{
		"\tOrder string `json:\"order\" brook:\"key\"`\n\tUser  string `json:\"user\"`\n",
		"\tOrder string `json:\"order\"`\n\tUser  string `json:\"user\" brook:\"key\"`\n"}},
	{what: "read an event from another topic", edits: []string{
		"event order.paid", "event order.paid topic=payments"}},
	{what: "keep more or less of an event in histories", edits: []string{
		"event order.paid", "event order.paid history=1"}},

	// Rows.
	{what: "add a field to a row", edits: []string{
		rowNote, "\tOpen bool `json:\"open\"`\n" + rowNote}},
	{what: "add a field to a row and fill it", edits: []string{
		rowNote, "\tOpen bool `json:\"open\"`\n" + rowNote, "\t\tID:    e.Data.Order,\n",
		"\t\tID:    e.Data.Order,\n\t\tOpen: true,\n"}},
	{what: "remove a field from a row", edits: []string{
		rowNote, "}\n\n// User", "\t\tNote:  e.Data.Note,\n", ""}},
	{what: "rename a field of a row in Go", edits: []string{
		rowNote, "\tRemark string `json:\"note\"`\n}\n\n// User", "\t\tNote:  e", "\t\tRemark: e"}},
	{what: "rename a field of a row on the wire", edits: []string{
		rowNote, "\tNote string `json:\"remark\" brook:\"was=note\"`\n}\n\n// User"}},
	{what: "rename a field of a row without `was=`", edits: []string{
		rowNote, "\tNote string `json:\"remark\"`\n}\n\n// User"}},
	{what: "make a number of a row wider", edits: []string{
		"Orders int32 ", "Orders int64 "}},
	{what: "give a field of a row another kind", edits: []string{
		rowNote, "\tNote []string `json:\"note\"`\n}\n\n// User",
		"e.Data.Note,",
		"[]string{e.Data.Note},"}},
	{what: "give a collection another key", edits: []string{
		"\tID    string `json:\"id\" brook:\"key\"`\n",
		"\tID    Code `json:\"id\" brook:\"key\"`\n",
		"// User is", "// Code is an order's.\ntype Code [2]byte\n\n// User is",
		"e.Data.Order, Order{",
		"Code([]byte(e.Data.Order)), Order{",
		"\t\tID:    e.Data.Order,",
		"\t\tID: Code([]byte(e.Data.Order)),",
		"Merge(e.Data.Order,",
		"Merge(Code([]byte(e.Data.Order)),",
		"Change[string, Order]",
		"Change[Code, Order]",
		"\t\torders, err := brook.Map(app.Views.Orders.All())\n",
		"\t\torders := map[string]Order{}\n\t\tvar err error\n" +
			"\t\tfor e, failed := range app.Views.Orders.All() {\n\t\t\terr = failed\n" +
			"\t\t\torders[string(e.Key[:])] = e.Value\n\t\t}\n"}},
	{what: "add an index", edits: []string{
		"\tUser  string `json:\"user\"`\n\tCents int32  `json:\"cents\"`\n\tPaid",
		"\tUser  string `json:\"user\" brook:\"index\"`\n\tCents int32  `json:\"cents\"`\n" +
			"\tPaid"}},
	{what: "make a field unique", edits: []string{
		"\tUser  string `json:\"user\"`\n\tCents int32  `json:\"cents\"`\n\tPaid",
		"\tUser  string `json:\"user\"`\n\tCents int32  `json:\"cents\" brook:\"unique\"`\n" +
			"\tPaid"}},
	{what: "make a field unique that is not", edits: []string{
		"\tUser  string `json:\"user\"`\n\tCents int32  `json:\"cents\"`\n\tPaid",
		"\tUser  string `json:\"user\" brook:\"unique\"`\n\tCents int32  `json:\"cents\"`\n" +
			"\tPaid"},
		before: []logged{{"order.placed", "o9", `{"order":"o9","user":"ada"}`}}},
	{what: "remove an index, or `unique`", proved: []string{"runtime/engine TestUniqueTagTakenBack"}},
	{what: "rename the type of a row in Go", edits: []string{
		"type User struct",
		"type Buyer struct",
		"// User is",
		"// Buyer is",
		"string, User]",
		"string, Buyer]",
		"*User)",
		"*Buyer)"}},
	{what: "rename a collection", edits: []string{
		"collection users", "collection buyers", "Views.Users", "Views.Buyers"}},
	{what: "add a collection", edits: []string{
		userRow, userRow + "\n// Payer is who paid.\n//\n//brook:collection payers\ntype Payer struct {\n" +
			"\tID string `json:\"id\" brook:\"key\"`\n\tTimes int `json:\"times\"`\n}\n",
		paidBody, paidBody + "\n// Payers counts.\ntype Payers struct{}\n\n//brook:handle\n" +
			"func (Payers) Paid(e brook.Event[Paid]) brook.Change[string, Payer] {\n" +
			"\treturn brook.Merge(e.Data.Order, func(p *Payer) { p.Times++ })\n}\n",
		"Orders{}, Users{}", "Orders{}, Payers{}, Users{}"}},
	{what: "remove a collection", edits: []string{
		userRow, "", usersDoc, "",
		"Orders{}, Users{}",
		"Orders{}",
		"\t\tusers, also := brook.Map(app.Views.Users.All())\n",
		"",
		", \"users\": users}, errors.Join(err, also)", "}, err", "\t\"errors\"\n\n", ""}},
	{what: "turn the history of a collection off", edits: []string{
		"collection users", "collection users history=off"}},

	// Handlers.
	{what: "change what a handler does", edits: []string{
		"u.Orders++", "u.Orders += 10"}, config: changedConfig{OnCodeChange: brook.Tell}},
	{what: "have rows made anew whenever the code of a handler changes", edits: []string{
		"u.Orders++", "u.Orders += 10"}, config: changedConfig{OnCodeChange: brook.RebuildStale}},
	{what: "not hear of it when the code of a handler changes", edits: []string{
		"u.Orders++", "u.Orders += 10"}, config: changedConfig{OnCodeChange: brook.GoOn}},
	{what: "change comments, formatting, and names in Go", edits: []string{
		"{ u.Orders++ }", "{\n\t\t// One more.\n\t\tu.Orders++\n\t}", "(u *User)", "(user *User)",
		"u.Orders++", "user.Orders++", "(Users) Placed(", "(Users) Count("},
		config: changedConfig{OnCodeChange: brook.RebuildStale}},
	{what: "rename a handler", edits: []string{
		"(Users) Placed(", "(Users) Count("}},
	{what: "rename a handler set", edits: []string{
		"(Users)",
		"(Buyers)",
		"type Users struct{}",
		"type Buyers struct{}",
		"// Users counts",
		"// Buyers counts",
		"Users{}",
		"Buyers{}"}},
	{what: "move a handler to another set", edits: []string{
		"(Orders) Paid", "(Users) Paid"}},
	{what: "split a handler set", edits: []string{
		"(Orders) Paid",
		"(Payments) Paid",
		"// Users counts",
		"// Payments keeps.\ntype Payments struct{}\n\n// Users counts",
		"Orders{}, Users{}", "Orders{}, Payments{}, Users{}"}},
	{what: "join two handler sets", edits: []string{
		"(brook.Change[string, Order], brook.Emission[Billed])",
		"(brook.Change[string, Order], brook.Change[string, User], brook.Emission[Billed])",
		"\t}), brook.Emit(Billed{Order",
		"\t}), brook.Merge(e.Data.User, func(u *User) { u.Orders++ }), brook.Emit(Billed{Order",
		usersDoc, "", "Orders{}, Users{}", "Orders{}"}},
	{what: "put handler sets in another order", edits: []string{
		usersDoc, "",
		"// Orders keeps", usersDoc + "\n// Orders keeps",
		"Orders{}, Users{}",
		"Users{}, Orders{}"}},
	{what: "add a handler set", edits: []string{
		paidBody, paidBody + "\n// Payers counts.\ntype Payers struct{}\n\n//brook:handle\n" +
			"func (Payers) Paid(e brook.Event[Paid]) brook.Change[string, User] {\n" +
			"\treturn brook.Merge(e.Data.Order, func(u *User) { u.Orders-- })\n}\n",
		"Orders{}, Users{}", "Orders{}, Payers{}, Users{}"}},
	{what: "emit something new", edits: []string{
		"func (Orders) Paid(e brook.Event[Paid]) brook.Change[string, Order] {\n" +
			"\treturn brook.Merge(e.Data.Order, func(o *Order) { o.Paid += e.Data.Cents })",
		"func (Orders) Paid(e brook.Event[Paid]) (brook.Change[string, Order], " +
			"brook.Emission[Billed]) {\n" +
			"\treturn brook.Merge(e.Data.Order, func(o *Order) { o.Paid += e.Data.Cents }), " +
			"brook.Emit(Billed{Order: e.Data.Order})"},
		later: []logged{{"order.paid", "o2", `{"order":"o2","cents":300}`}}},
	{what: "stop emitting something", edits: []string{
		"(brook.Change[string, Order], brook.Emission[Billed])", "brook.Change[string, Order]",
		"\t}), brook.Emit(Billed{Order: e.Data.Order, Cents: e.Data.Cents})", "\t})"}},
	{what: "see what a change does to rows before it does", proved: []string{
		"runtime/engine TestPreview", "runtime/engine TestReview"}},
	{what: "mend a handler that failed", proved: []string{
		"runtime/engine TestRedrivenEmissionsAfterReopen",
		"runtime/engine TestWhatALetterNeverDidHappensAfterTheFix"}},
	{what: "roll back", proved: []string{
		"runtime/engine TestWayBack", "runtime/engine TestWayBackAcrossCrashes"}},

	// Configuration.
	{what: "change `Config.Name`", config: changedConfig{Name: "other"}},
	{what: "change `Config.Author`, with `Config.Name` and `Config.Topic` as before",
		config: changedConfig{Author: "other", Name: "service", Topic: "service"}},
	{what: "change `Config.Topic`", config: changedConfig{Topic: "other"}},
	{what: "add partitions to a topic", config: changedConfig{Partitions: true}},
	{what: "go to another store", config: changedConfig{NewStore: true}},
	{what: "go to another envelope", config: changedConfig{PlainJSON: true}},
	{what: "go to a newer brook", proved: []string{"runtime/badgerstore TestStoresOfEarlierShapes"}},
	{what: "have two versions run over one Redis for a while", proved: []string{
		"runtime/redisstore TestRollingDeployKilled"}},
	{what: "have two versions run in a group for a while", proved: []string{
		"runtime/kafkadriver/internal/faulttest TestRollingDeployInGroup"}},
	{what: "have the old version serve until the new one has caught up (blue/green)",
		config: changedConfig{NewStore: true}},
}
