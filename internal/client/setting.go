package client

import (
	"context"
	"net/http"

	"github.com/leatworks/leat/internal/service"
)

// Settings is service.Service.Settings.
func (c *Client) Settings(ctx context.Context) (a service.SettingsAnswer, err error) {
	return a, c.ask(ctx, get(nil, "settings"), &a)
}

// SetSetting is service.Service.SetSetting.
func (c *Client) SetSetting(ctx context.Context, r service.SetSettingRequest) error {
	return c.ask(ctx, request{method: http.MethodPut, path: []string{"settings", r.Name}, body: map[string]string{"value": r.Value}, again: true}, nil)
}

// UnsetSetting is service.Service.UnsetSetting.
func (c *Client) UnsetSetting(ctx context.Context, r service.UnsetSettingRequest) error {
	return c.ask(ctx, request{method: http.MethodDelete, path: []string{"settings", r.Name}}, nil)
}

// SettingHistory is service.Service.SettingHistory, but returns the newest page alone.
func (c *Client) SettingHistory(ctx context.Context, _ service.SettingHistoryRequest) (a service.SettingHistoryAnswer, err error) {
	var page struct {
		Changes []service.SettingChange `json:"changes"`
	}
	err = c.ask(ctx, get(nil, "settings", "history"), &page)
	a.Changes = page.Changes
	return a, err
}
