package qdrant

import (
	"testing"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/proto"
)

// FuzzPayload reads any bytes as a payload. Nothing may panic, and a payload that the protobuf library accepts must
// have the same fields.
func FuzzPayload(f *testing.F) {
	encoded, err := encodePayload(qdrant.NewValueMap(map[string]any{
		"s": "text", "i": -5, "d": 2.5, "b": true, "n": nil, "l": []any{"a", 1, []any{"b"}, nil}, "m": map[string]any{"k": "v"}, "": "",
	}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encoded)
	f.Add([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, data []byte) {
		names := map[string]bool{}
		for key, value := range entries(data) {
			names[string(key)] = true
			for one := range scalars(value) {
				_ = one.text
			}
			isEmpty(value, true)
		}
		var decoded qdrant.Struct
		if proto.Unmarshal(data, &decoded) != nil {
			return
		}
		for key := range decoded.GetFields() {
			if !names[key] {
				t.Errorf("field %q was not seen", key)
			}
		}
	})
}

func TestScalarsAgreeWithTheLibrary(t *testing.T) {
	payload := qdrant.NewValueMap(map[string]any{"s": "text", "i": -5, "d": 2.5, "b": true, "n": nil, "l": []any{"a", 7}})
	encoded, err := encodePayload(payload)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for key, value := range entries(encoded) {
		want := payload[string(key)]
		list := want.GetListValue().GetValues()
		if list == nil {
			list = []*qdrant.Value{want}
		}
		for one := range scalars(value) {
			want, list = list[0], list[1:]
			seen++
			if string(one.text) != want.GetStringValue() || one.double != want.GetDoubleValue() ||
				one.kind == valueInteger && one.integer != want.GetIntegerValue() || one.kind == valueBool && one.boolean != want.GetBoolValue() {
				t.Errorf("%s: %+v, want %v", key, one, want)
			}
		}
		if len(list) > 0 {
			t.Errorf("%s: %v were not seen", key, list)
		}
	}
	if seen != 7 {
		t.Errorf("%d scalars, want 7", seen)
	}
}
