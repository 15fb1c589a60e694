package service

import (
	"context"
	"reflect"
	"time"
)

// The pace of Watch: while work is under way, and otherwise.
const (
	watchBusy = 700 * time.Millisecond
	watchIdle = 5 * time.Second
)

// Watch calls tell with the state of repositories whenever it changes, until ctx ends or tell
// returns an error. It notices a change within a second while work is under way, and within some
// seconds otherwise.
func (s *Service) Watch(ctx context.Context, r StatusRequest, tell func(StatusAnswer) error) (err error) {
	defer mark(&err)
	var last StatusAnswer
	for {
		now, err := s.Status(ctx, r)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(now, last) {
			if err := tell(now); err != nil {
				return err
			}
			last = now
		}
		pause := watchIdle
		for _, t := range now.Repositories {
			if t.Underway {
				pause = watchBusy
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
