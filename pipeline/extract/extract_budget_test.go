package extract

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/cputime"
)

// The tags of a file are counted, so that the work for them is bounded on any machine.
func TestTagsAreCounted(t *testing.T) {
	text, refused, err := New(Config{}).Text(t.Context(), HTML, []byte("<html>"+strings.Repeat("<b>", maxTags+1)), 1<<20)
	if err != nil || text != nil || refused == nil || !strings.Contains(refused.Why, fmt.Sprint("more than ", maxTags, " tags")) {
		t.Errorf("a page of tags: %+v (%v)", refused, err)
	}
}

// The pages of a PDF are counted, and the program is not asked for more than the bound.
func TestPagesAreCounted(t *testing.T) {
	for _, tt := range []struct {
		pages int
		more  bool
	}{{maxPages, false}, {maxPages + 1, true}} {
		r := fake(t, fmt.Sprintf(`case "$*" in *"-l %d "*) yes 'a\f' | head -n %d | sed 's/\\f/\f/';; *) exit 9;; esac`, maxPages+1, tt.pages))
		text, refused, err := r.Text(t.Context(), PDF, []byte("in"), 1<<20)
		if err != nil || (refused != nil) != tt.more || (text == nil) != tt.more || tt.more && !strings.Contains(refused.Why, "more than 10000 pages") {
			t.Errorf("%d pages: %d bytes, %+v (%v)", tt.pages, len(text), refused, err)
		}
	}
}

// HTML pages and documents that are costly to read take time in proportion to their size.
func TestExtractionGrowsWithTheFile(t *testing.T) {
	page := func(s string) func(int) (Format, []byte) {
		return func(n int) (Format, []byte) { return HTML, []byte("<html><body>" + strings.Repeat(s, n/len(s))) }
	}
	body := func(s string) func(int) (Format, []byte) {
		return func(n int) (Format, []byte) { return Docx, document(t, strings.Repeat(s, n/len(s))) }
	}
	for name, make := range map[string]func(int) (Format, []byte){
		"open tags": page("<b>a"), "headings": page("<h1>x</h1>"), "entities": page("&amp;&#x41;&bogus"), "broken tags": page("<a b='"), "attributes": page(" a=b"),
		"comments": page("<!-- -"), "scripts": page("<script><!--"), "blanks": page(" \t"), "lines": page("a\n<p>"),
		"paragraphs": body("<w:p><w:r><w:t>a</w:t></w:r></w:p>"), "cells": body("<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>"), "empty": body("<w:r/>"), "words": body("a b "),
	} {
		took := func(size int) time.Duration {
			format, file := make(size)
			began := cputime.Used(t)
			if _, _, err := New(Config{}).Text(t.Context(), format, file, 1<<30); err != nil {
				t.Fatal(err)
			}
			return cputime.Used(t) - began
		}
		took(1 << 10)
		for attempt := 1; ; attempt++ {
			small, large := took(16<<10), took(128<<10)
			if large < 16*small+20*time.Millisecond { // the file is eight times as large
				break
			}
			if attempt == 5 {
				t.Errorf("%s: %s for 16 KiB and %s for 128", name, small, large)
				break
			}
		}
	}
}
