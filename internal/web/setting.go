package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
)

const changesShown = 20

// settingsView is the content of the page of the settings.
type settingsView struct {
	service.SettingsAnswer
	known   []service.KnownSetting
	history service.SettingHistoryAnswer
	now     time.Time
}

// settings lists the settings that can change while the workers run.
func (p *Pages) settings(w http.ResponseWriter, r *http.Request, v visit) (err error) {
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64)
	view := settingsView{now: time.Now()}
	if view.SettingsAnswer, err = p.service.Settings(r.Context()); err != nil {
		return err
	}
	if view.known, err = service.KnownSettings(); err != nil {
		return err
	}
	view.history, err = p.service.SettingHistory(r.Context(), service.SettingHistoryRequest{Before: before, Limit: changesShown})
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, settingsPage(v, view))
}

// changeSettings sets or unsets a setting.
func (p *Pages) changeSettings(w http.ResponseWriter, r *http.Request, v visit) (err error) {
	form := r.PostForm
	name := form.Get("name")
	switch form.Get("do") {
	case "set":
		err = p.service.SetSetting(r.Context(), service.SetSettingRequest{Name: name, Value: strings.TrimSpace(form.Get("value")), Reach: v.who.Repositories})
	case "unset":
		err = p.service.UnsetSetting(r.Context(), service.UnsetSettingRequest{Name: name, Reach: v.who.Repositories})
	default:
		err = &service.Error{Kind: service.Invalid, Reason: "unknown action: a setting can be set or unset"}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.to("/admin/settings")+"#"+escape(name), http.StatusSeeOther)
	return nil
}

// set returns the setting of a name, if somebody has set it.
func (s settingsView) set(name string) (catalog.Setting, bool) {
	for _, set := range s.Settings {
		if set.Name == name {
			return set, true
		}
	}
	return catalog.Setting{}, false
}

// worker names the worker that has a setting.
func worker(name string) string {
	if name == "" {
		return "several workers"
	}
	return name
}

// taken says which values a setting takes.
func taken(k service.KnownSetting) string {
	if k.Bounds == "" {
		return k.Values
	}
	return k.Values + ", " + k.Bounds
}
