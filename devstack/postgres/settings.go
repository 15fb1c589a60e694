package postgres

import "strings"

// socketPort is a part of the socket file's name. There is no TCP port.
const socketPort = "5432"

// settings returns the server's arguments. They make it small enough for one person's pipeline (some 100 MiB in use),
// quiet, and reachable only through the socket.
//
// By default fsync stays on, because the catalog is the only store that nothing else can rebuild. Neither mode turns
// synchronous_commit off, because that would lose acknowledged commits when the server is killed.
func settings(sockets string, fast bool) []string {
	quoted := `"` + strings.ReplaceAll(sockets, `"`, `""`) + `"`
	values := []string{
		"unix_socket_directories=" + quoted,
		"listen_addresses=",
		"port=" + socketPort,

		"max_connections=100",
		"shared_buffers=48MB",
		"work_mem=8MB",
		"maintenance_work_mem=64MB",
		"effective_cache_size=512MB",
		"random_page_cost=1.1", // there is no disk with a head to move
		"huge_pages=off",
		"jit=off",
		"max_worker_processes=4",
		"max_parallel_workers_per_gather=0",
		"max_parallel_maintenance_workers=0",
		"autovacuum_max_workers=1",

		"wal_level=minimal",
		"max_wal_senders=0",
		"max_wal_size=256MB",
		"checkpoint_timeout=15min",

		"timezone=UTC",
		"logging_collector=off",
		"log_checkpoints=off",
		"log_line_prefix=",
	}
	if fast {
		values = append(values, "fsync=off", "full_page_writes=off")
	}
	args := make([]string, 0, 2*len(values))
	for _, v := range values {
		args = append(args, "-c", v)
	}
	return args
}
