// Package line lets tenants take turns. A Line holds waiting items in the order in which they are
// served. Places are a bounded resource, of which each tenant gets a share. A Pace bounds the items
// of a tenant per second.
package line

import "slices"

// Line is a queue in which tenants take turns: the first item of one tenant, then the first of the
// next. The zero Line is empty. Goroutines that share one guard it with a lock of their own.
type Line[T comparable] struct {
	items map[string][]T // by tenant
	order []string       // tenants with items, the next one first
}

// Add puts an item behind the others of its tenant. A tenant without items comes last.
func (l *Line[T]) Add(tenant string, item T) {
	if l.items == nil {
		l.items = make(map[string][]T)
	}
	if len(l.items[tenant]) == 0 {
		l.order = append(l.order, tenant)
	}
	l.items[tenant] = append(l.items[tenant], item)
}

// Has reports whether a tenant has items in the line.
func (l *Line[T]) Has(tenant string) bool { return len(l.items[tenant]) > 0 }

// Next takes the first item of the next tenant that may have its turn. That tenant comes last then.
// If may is nil, every tenant may. If there is no item, found is false.
func (l *Line[T]) Next(may func(tenant string) bool) (tenant string, item T, found bool) {
	i := 0
	if may != nil {
		i = slices.IndexFunc(l.order, may)
	}
	if i < 0 || i >= len(l.order) {
		return "", item, false
	}
	tenant = l.order[i]
	l.order = slices.Delete(l.order, i, i+1)
	queue, none := l.items[tenant], item
	item, queue[0] = queue[0], none
	if l.set(tenant, queue[1:]); l.Has(tenant) {
		l.order = append(l.order, tenant)
	}
	return tenant, item, true
}

// Leave takes an item out. It reports whether the item was still in the line.
func (l *Line[T]) Leave(tenant string, item T) bool {
	queue := l.items[tenant]
	i := slices.Index(queue, item)
	if i < 0 {
		return false
	}
	if l.set(tenant, slices.Delete(queue, i, i+1)); !l.Has(tenant) {
		l.order = slices.DeleteFunc(l.order, func(name string) bool { return name == tenant })
	}
	return true
}

func (l *Line[T]) set(tenant string, queue []T) {
	if len(queue) == 0 {
		delete(l.items, tenant)
		return
	}
	l.items[tenant] = queue
}
