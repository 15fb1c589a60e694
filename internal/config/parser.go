package config

import (
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/chunk/child"
)

// Parser says where files are parsed, and how much memory and time that may take.
type Parser struct {
	Parsers        int           `name:"parsers" env:"LEAT_PARSERS" default:"0" placeholder:"N" help:"Largest number of processes that parse files. 0: one per processor."`
	ParserMemory   int64         `name:"parser-memory-mib" env:"LEAT_PARSER_MEMORY_MIB" default:"768" placeholder:"MIB" help:"Memory of one such process in MiB (${default}). Only Linux enforces it."`
	ParserCPU      time.Duration `name:"parser-cpu" env:"LEAT_PARSER_CPU" default:"20s" help:"Processor time that one file may take (${default}). Only Linux enforces it."`
	ParseInProcess bool          `name:"parse-in-process" env:"LEAT_PARSE_IN_PROCESS" help:"Parse in the worker itself. A parser that crashes then ends the worker."`
}

// Check says what to change.
func (p Parser) Check() error {
	if p.Parsers < 0 {
		return fmt.Errorf("--parsers (LEAT_PARSERS) %d: give 0 or more", p.Parsers)
	}
	if p.ParserMemory < child.LeastMemory>>20 {
		return fmt.Errorf("--parser-memory-mib (LEAT_PARSER_MEMORY_MIB) %d: give %d or more", p.ParserMemory, child.LeastMemory>>20)
	}
	if p.ParserCPU <= 0 {
		return fmt.Errorf("--parser-cpu (LEAT_PARSER_CPU) %s: give more than 0s", p.ParserCPU)
	}
	return nil
}

// Children returns the configuration of the processes that parse.
func (p Parser) Children() child.Config {
	return child.Config{Children: p.Parsers, Memory: p.ParserMemory << 20, CPU: p.ParserCPU}
}
