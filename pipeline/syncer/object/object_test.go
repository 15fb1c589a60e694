package object_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/syncer/object"
)

func foreignKey(content []byte) string {
	sum := sha256.Sum256(content)
	return "text/" + hex.EncodeToString(sum[:]) + ".pack"
}

func TestRepairDeletesOrphansAndLeavesWhatIsNotLeats(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.IngestTree(t, testpipe.Sample(2, "a"))
	p.SettleOwed(t)
	orphan := bytes.Repeat([]byte("orphan"), 100)
	p.PutObject(t, foreignKey(orphan), orphan)
	p.PutObject(t, "somebody/else.txt", []byte("theirs"))
	objects := object.New(everything, p.Catalog.Packs, p.Catalog.Garbage, p.Catalog.Generations, p.Blobs, p.Mirrors, p.Logs.Logger())
	did, err := objects.Repair(t.Context(), p.Schedule())
	if err != nil {
		t.Fatal(err)
	}
	if did.Objects != 1 || did.Packs != 0 {
		t.Errorf("repair: %+v", did)
	}
	if _, left := p.Objects(t)["somebody/else.txt"]; !left {
		t.Error("an object of somebody else's was deleted")
	}
	p.DeleteObject(t, "somebody/else.txt")
	p.CheckClean(t)
}
