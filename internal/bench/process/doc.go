// Package process reads what the kernel tells about processes: their children, memory and processor
// time. It owns no process. It works on Linux alone.
package process
