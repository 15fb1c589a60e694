package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/leatworks/leat/internal/build"
	"github.com/leatworks/leat/internal/client"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/syncer/verify"
)

// leat answers the commands. It is the service over the stores, or a gateway.
type leat interface {
	Search(context.Context, service.SearchRequest) (service.SearchAnswer, error)
	Status(context.Context, service.StatusRequest) (service.StatusAnswer, error)
	Several(context.Context, service.TracksRequest) (bool, error)
	Read(context.Context, service.ReadRequest) (service.ReadAnswer, error)
	Tree(context.Context, service.TreeRequest) (service.TreeAnswer, error)
	Grep(context.Context, service.GrepRequest) (service.GrepAnswer, error)
	Diff(context.Context, service.DiffRequest) (service.DiffAnswer, error)
	FileDiff(context.Context, service.FileDiffRequest) (service.FileDiffAnswer, error)
	Versions(context.Context, service.VersionsRequest) (service.VersionsAnswer, error)
	Pin(context.Context, service.PinRequest) (service.PinAnswer, error)
	Unpin(context.Context, service.UnpinRequest) error
	Hold(context.Context, service.HoldRequest) (service.HoldAnswer, error)
	TagRules(context.Context, service.TagRulesRequest) (service.TagRulesAnswer, error)
	TrackTags(context.Context, service.TrackTagsRequest) (service.TrackTagsAnswer, error)
	UntrackTags(context.Context, service.UntrackTagsRequest) error
	Wake(context.Context, service.TurnRequest) (service.TurnAnswer, error)
	Sleep(context.Context, service.TurnRequest) (service.TurnAnswer, error)
	Symbols(context.Context, service.SymbolsRequest) (service.SymbolsAnswer, error)
	Uses(context.Context, service.UsesRequest) (service.UsesAnswer, error)
	Neighbours(context.Context, service.WalkRequest) (service.WalkAnswer, error)
	Impact(context.Context, service.ImpactRequest) (service.ImpactAnswer, error)
	Path(context.Context, service.PathRequest) (service.WalkAnswer, error)
	Important(context.Context, service.ImportantRequest) (service.ImportantAnswer, error)
	Communities(context.Context, service.CommunitiesRequest) (service.CommunitiesAnswer, error)
	Related(context.Context, service.RelatedRequest) (service.RelatedAnswer, error)
	Export(context.Context, service.ExportRequest) (service.ExportAnswer, error)
	ImportIndex(context.Context, service.ImportRequest) (service.GraphIndex, error)
	Indexes(context.Context, service.IndexesRequest) (service.IndexesAnswer, error)
	DropIndex(context.Context, service.DropIndexRequest) error
	Skipped(context.Context, service.SkippedRequest) (service.SkippedAnswer, error)
	Secrets(context.Context, service.SkippedRequest) (service.SecretsAnswer, error)
	Failed(context.Context, service.FailedRequest) (service.FailedAnswer, error)
	Usage(context.Context, service.UsageRequest) (service.UsageAnswer, error)
	Workers(context.Context, service.WorkersRequest) (service.WorkersAnswer, error)

	Submit(context.Context, service.SubmitRequest) (service.Submission, error)
	Follow(context.Context, service.FollowRequest, func(service.Progress)) (service.Progress, error)
	Forget(context.Context, service.ForgetRequest) ([]service.RepositoryStatus, error)
	Approve(context.Context, service.ApproveRequest) (service.Approval, bool, error)

	Letters(context.Context, service.LettersRequest) (service.LettersAnswer, error)
	Letter(context.Context, service.LetterRequest) (service.LetterAnswer, error)
	RetryLetters(context.Context, service.LetterFilter) (service.RetriedLetters, error)
	DropLetters(context.Context, service.LetterFilter) (service.DroppedLetters, error)

	Generations(context.Context) (service.GenerationsAnswer, error)
	Generation(context.Context, int64) (service.Generation, bool, error)
	AwaitGeneration(context.Context, int64, func(service.Generation)) (service.Generation, bool, error)
	Rebuild(context.Context, service.RebuildRequest) (int64, error)
	RollBack(context.Context, int64) (int64, error)
	CancelRebuild(context.Context) (int64, error)
	SyncStatus(context.Context) (service.SyncAnswer, error)
	Digest(context.Context, service.ScopeRequest) (service.DigestAnswer, error)
	Verify(context.Context, service.VerifyRequest) (verify.Report, error)
	Repair(context.Context, service.VerifyRequest) (verify.Repaired, error)

	CreateHook(context.Context, service.CreateHookRequest) (service.CreatedHook, error)
	Hooks(context.Context, service.HooksRequest) (service.HooksAnswer, error)
	RotateHook(context.Context, service.RotateHookRequest) (service.CreatedHook, error)
	RevokeHook(context.Context, service.HookRequest) (service.Hook, error)
	Deliveries(context.Context, service.DeliveriesRequest) (service.DeliveriesAnswer, error)
	Delivery(context.Context, service.DeliveryRequest) (service.Delivery, error)
	ReplayDelivery(context.Context, service.DeliveryRequest) (service.DeliverAnswer, error)

	Settings(context.Context) (service.SettingsAnswer, error)
	SetSetting(context.Context, service.SetSettingRequest) error
	UnsetSetting(context.Context, service.UnsetSettingRequest) error
	SettingHistory(context.Context, service.SettingHistoryRequest) (service.SettingHistoryAnswer, error)

	Keys(context.Context) (service.KeysAnswer, error)
	RotateKey(context.Context, service.RotateKeyRequest) (service.RotatedKey, error)
	CreateKey(context.Context, service.CreateKeyRequest) (service.PackKey, error)
	DestroyKey(context.Context, service.DestroyKeyRequest) (service.DestroyedKeys, error)
}

// login is a gateway and a token for it, as 'leat login' keeps them.
type login struct {
	Server string `json:"server"`
	Token  string `json:"token"`
}

// loginLimit bounds the bytes that are read of a login's file.
const loginLimit = 64 << 10

// loginFile is where a login is kept.
func loginFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("no directory to keep a login in: set HOME or XDG_CONFIG_HOME (%w)", err)
	}
	return filepath.Join(dir, "leat", "login.json"), nil
}

// kept reads the login that is kept, if there is one.
func kept() (l login, found bool, err error) {
	file, err := loginFile()
	if err != nil {
		return l, false, nil // nowhere to keep one
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return l, false, nil
	}
	if err != nil {
		return l, false, fmt.Errorf("read the login: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return l, false, fmt.Errorf("read the login: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return l, false, fmt.Errorf("%s can be read by others: make it yours alone with 'chmod 600', or run 'leat login' again", file)
	}
	content, err := io.ReadAll(io.LimitReader(f, loginLimit))
	if err == nil {
		err = json.Unmarshal(content, &l)
	}
	if err != nil {
		return l, false, fmt.Errorf("%s is no login (%w): run 'leat login' again", file, err)
	}
	return l, true, nil
}

// remote says whether commands ask a gateway, and which one. A named server has precedence
// over named stores, and those over a login that is kept.
func (g *globals) remote() (login, bool, error) {
	server := strings.TrimSuffix(g.Server, "/")
	local := g.Data != "" || embeddedParts(g.Stores) != store.All
	if server == "" && local {
		return login{}, false, nil
	}
	l, token := login{Server: server}, os.Getenv(tokenVariable)
	if server == "" || token == "" {
		old, found, err := kept()
		switch {
		case err != nil, server == "" && !found:
			return l, false, err
		case server == "" || server == old.Server: // a token goes to the server that it was given for
			l = old
		}
	}
	if token != "" && server != "" {
		l.Token = token
	}
	if l.Token == "" {
		return l, false, fmt.Errorf("no token for %s: set %s, or run 'leat login %[1]s'", l.Server, tokenVariable)
	}
	return l, true, nil
}

// tokenVariable is the environment variable with the token. There is no flag for it, because
// every user of the machine could see a flag's value.
const tokenVariable = "LEAT_TOKEN"

// dial returns a client of the gateway. With own, its requests are for the token's own
// tenant.
func (l login) dial(own bool) (*client.Client, error) {
	c, err := client.New(client.Config{Server: l.Server, Token: l.Token, OwnTenant: own, Agent: "leat/" + build.Version()})
	if err != nil {
		return nil, fmt.Errorf("--server (LEAT_SERVER): %w", err)
	}
	return c, nil
}
