package service

import (
	"context"
	"encoding/json"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Settings belong to the installation. No tenant's token may see or change one.

// SettingsAnswer lists the settings that somebody has set, and the names of all that can be set.
type SettingsAnswer struct {
	Settings []catalog.Setting `json:"settings" nullable:"false"`
	Names    []string          `json:"names" nullable:"false" doc:"The settings that can change while the workers run."`
}

// KnownSetting describes a setting that can change while the workers run.
type KnownSetting = config.LiveSetting

// KnownSettings lists all settings that can change while the workers run, by name.
func KnownSettings() ([]KnownSetting, error) { return config.LiveSettings() }

// Settings lists the settings that were set while the workers ran.
func (s *Service) Settings(ctx context.Context) (a SettingsAnswer, err error) {
	defer mark(&err)
	if err := s.whole(ctx, store.Postgres); err != nil {
		return a, err
	}
	a.Settings, err = s.stores.Catalog.Settings.List(ctx)
	a.Names = config.LiveNames()
	return a, err
}

// SetSettingRequest asks to set a setting.
type SetSettingRequest struct {
	Name  string
	Value string
	Reach []string // globs of repositories that may be seen; must be empty
}

// SetSetting sets a setting for all workers, which use it within seconds.
func (s *Service) SetSetting(ctx context.Context, r SetSettingRequest) (err error) {
	defer mark(&err)
	if err := everything(ctx, r.Reach); err != nil {
		return err
	}
	if err := s.whole(ctx, store.Postgres); err != nil {
		return err
	}
	if err := config.CheckLive(r.Name, r.Value); err != nil {
		return &Error{Kind: Invalid, Field: FieldName, Value: r.Name, Reason: err.Error()}
	}
	return s.stores.Catalog.Settings.Set(ctx, author(ctx), r.Name, r.Value)
}

// UnsetSettingRequest asks to unset a setting.
type UnsetSettingRequest struct {
	Name  string
	Reach []string // globs of repositories that may be seen; must be empty
}

// UnsetSetting unsets a setting, so that flag, environment, file or default apply again.
func (s *Service) UnsetSetting(ctx context.Context, r UnsetSettingRequest) (err error) {
	defer mark(&err)
	if err := everything(ctx, r.Reach); err != nil {
		return err
	}
	if err := s.whole(ctx, store.Postgres); err != nil {
		return err
	}
	err = s.stores.Catalog.Settings.Unset(ctx, author(ctx), r.Name)
	if isNotFound(err) {
		return &Error{Kind: NotFound, Field: FieldName, Value: r.Name, Reason: "nobody has set it"}
	}
	return err
}

// SettingChange is a change of a setting.
type SettingChange struct {
	ID     int64     `json:"id"`
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`
	Name   string    `json:"name"`
	Before string    `json:"before" doc:"Empty: nobody had set it."`
	After  string    `json:"after" doc:"Empty: it was unset."`
}

// SettingHistoryRequest asks for changes of settings.
type SettingHistoryRequest struct {
	Before int64 // only changes older than this one; 0: from the newest
	Limit  int   // largest number of changes, 1 to MaxAudit; 0: MaxAudit
}

// SettingHistoryAnswer lists changes, newest first.
type SettingHistoryAnswer struct {
	Changes []SettingChange
	Next    int64 // the next page is before this change; 0: the list is complete
}

// SettingHistory lists the changes of settings and who made them, as far back as the audit log
// goes.
func (s *Service) SettingHistory(ctx context.Context, r SettingHistoryRequest) (a SettingHistoryAnswer, err error) {
	defer mark(&err)
	if err := s.whole(ctx, store.Postgres); err != nil {
		return a, err
	}
	if r.Limit == 0 {
		r.Limit = MaxAudit
	}
	if r.Limit < 1 || r.Limit > MaxAudit {
		return a, badLimit(r.Limit, MaxAudit, "changes")
	}
	entries, err := s.stores.Catalog.Audit.List(ctx, catalog.AuditFilter{Action: "setting", Before: r.Before}, r.Limit+1)
	if len(entries) > r.Limit {
		entries = entries[:r.Limit]
		a.Next = entries[r.Limit-1].ID
	}
	a.Changes = make([]SettingChange, len(entries))
	for i, e := range entries {
		a.Changes[i] = SettingChange{e.ID, e.At, e.Actor, e.Target, textOf(e.Before), textOf(e.After)}
	}
	return a, err
}

// textOf returns a value of the audit log, or "" if there was none.
func textOf(value json.RawMessage) (text string) {
	_ = json.Unmarshal(value, &text) // the catalog has written a string or null
	return text
}
