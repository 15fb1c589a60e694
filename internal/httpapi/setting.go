package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// SettingPath names the setting of a path below /settings.
type SettingPath struct {
	Name string `path:"name" maxLength:"63"`
}

type setSettingInput struct {
	SettingPath
	Body struct {
		Value string `json:"value" minLength:"1" maxLength:"256"`
	}
}

type settingsOutput struct{ Body service.SettingsAnswer }

type settingHistoryInput struct{ Page }

type settingHistoryOutput struct {
	Body struct {
		Changes []service.SettingChange `json:"changes" nullable:"false"`
		Next    string                  `json:"next,omitempty" doc:"Cursor of the next page; absent: this is the last."`
	}
}

// registerSetting registers the routes of settings that can change while the workers run.
func registerSetting(api huma.API, d deps) {
	const tag = "installation"
	get(api, d, route{
		id: "list-settings", path: "/settings", tag: tag, scope: access.ScopeAdmin, whole: true,
		summary: "List the settings that were set while the workers ran",
	}, d.listSettings)
	get(api, d, route{
		id: "list-setting-changes", path: "/settings/history", tag: tag, scope: access.ScopeAdmin, whole: true,
		summary: "List the changes of settings and who made them, newest first",
	}, d.settingHistory)
	register(api, d, http.MethodPut, route{
		id: "set-setting", path: "/settings/{name}", tag: tag, scope: access.ScopeAdmin, whole: true, status: http.StatusNoContent,
		summary: "Set a setting for all workers",
		text:    "It takes precedence over flags, environment and configuration file. Workers use it within seconds.",
	}, d.setSetting)
	remove(api, d, route{
		id: "unset-setting", path: "/settings/{name}", tag: tag, scope: access.ScopeAdmin, whole: true, status: http.StatusNoContent,
		summary: "Remove a setting, so that flag, environment, file or default apply again",
	}, d.unsetSetting)
}

func (d deps) listSettings(ctx context.Context, _ caller, _ *nothing) (*settingsOutput, error) {
	a, err := d.Settings(ctx)
	return &settingsOutput{a}, err
}

func (d deps) settingHistory(ctx context.Context, _ caller, in *settingHistoryInput) (*settingHistoryOutput, error) {
	before, err := place[int64]("settings", in.Cursor)
	if err != nil {
		return nil, err
	}
	a, err := d.SettingHistory(ctx, service.SettingHistoryRequest{Before: before, Limit: in.Limit})
	out := &settingHistoryOutput{}
	out.Body.Changes = append([]service.SettingChange{}, a.Changes...)
	out.Body.Next = cursor("settings", a.Next)
	return out, err
}

func (d deps) setSetting(ctx context.Context, who caller, in *setSettingInput) (*struct{}, error) {
	return nil, d.SetSetting(ctx, service.SetSettingRequest{Name: in.Name, Value: in.Body.Value, Reach: who.Repositories})
}

func (d deps) unsetSetting(ctx context.Context, who caller, in *SettingPath) (*struct{}, error) {
	return nil, d.UnsetSetting(ctx, service.UnsetSettingRequest{Name: in.Name, Reach: who.Repositories})
}
