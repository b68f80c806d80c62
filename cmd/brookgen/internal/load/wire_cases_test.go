//lint:file-ignore SA5008,U1000 odd tags and unused fields are what is tested

package load

// Structs whose wire fields encoding/json is asked about, see TestWireFields.

type wireBase struct {
	ID     int
	Name   string `json:"name"`
	Shared int
}

type wireOther struct {
	Shared int
	Extra  int `json:"extra"`
	Name   int
}

type WireDeep struct {
	wireBase
	Deep int
	Name string
}

type WireLeft struct{ wireOther }

type WireRight struct{ wireOther }

type wireText string

type WireNumber int

type wireLoop struct {
	*wireLoop
	X int
}

type wireCases struct {
	Shadow struct {
		wireBase
		ID int
	}
	Annihilated struct {
		wireBase
		wireOther
	}
	TagWins struct {
		wireBase
		Other string `json:"ID"`
	}
	TwoLevels struct {
		WireDeep
		wireOther
		Last int
	}
	Pointers struct {
		*WireDeep
		Own int
	}
	NamedEmbedding struct {
		WireDeep `json:"deep"`
		wireBase `json:"base"`
	}
	NotStructs struct {
		wireText
		WireNumber
		Seen int
	}
	Tags struct {
		A int `json:"-"`
		B int `json:"-,"`
		C int `json:""`
		D int `json:",omitempty"`
		E int `json:"a b"`
		H int `json:"ünï/x.y-z_$%"`
		I int `json:"comma,whatever"`
		L int `xml:"x" json:"last"`
	}
	OddTags struct {
		F int `json:"q\"uote"`
		G int `json:"back\\slash"`
		J int `json:"émoji☃"`
	}
	Strings struct {
		A int      `json:",string"`
		B *int     `json:",string"`
		C []int    `json:",string"`
		D string   `json:",string"`
		E bool     `json:",string"`
		F float32  `json:",string"`
		G **int    `json:",string"`
		H wireText `json:",string"`
		I any      `json:",string"`
		J [1]int   `json:",string"`
	}
	Twice struct {
		WireDeep
		wireBase
	}
	Diamond struct {
		WireLeft
		WireRight
		Own int
	}
	DiamondShadowed struct {
		WireLeft
		WireRight
		Extra int `json:"extra"`
	}
	Hidden struct {
		a int
		B int
		_ int
	}
	Loop wireLoop
	Two  struct {
		A struct{ wireOther }
		wireOther
		Anon struct {
			*WireDeep
			wireOther
		}
	}
}
