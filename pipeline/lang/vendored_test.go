package lang

import (
	"strings"
	"testing"

	"github.com/go-enry/go-enry/v2/data"
)

// TestVendorRulesExist checks that the exceptions are in linguist's list. A new version may spell them differently.
func TestVendorRulesExist(t *testing.T) {
	all := make(map[string]bool)
	for _, rule := range data.VendorMatchers {
		all[rule.String()] = true
	}
	for _, text := range ownCode {
		if !all[text] {
			t.Errorf("%s is no rule of go-enry's", text)
		}
	}
}

const (
	banner = "/*!\n * Thing v4.2.1 (https://thing.example)\n * Copyright 2011 The Authors\n * Licensed under MIT\n */\n"
	own    = "// Copyright 2024 Mill GmbH\nimport App from './App'\nApp.start()\n"
)

func TestOwnCodeIsNotVendored(t *testing.T) {
	for _, test := range []struct {
		path, content string
		beside        string // other files of the commit, separated by blanks
		vendored      bool
	}{
		// Here the words in the path describe the subject of the code.
		{path: "app/models/vendor/invoice.rb", content: "class Invoice; end\n"},
		{path: "src/vendors/VendorList.java", content: "class VendorList {}\n"},
		{path: "internal/external/client.go", content: "package external\n"},
		{path: "lib/third_party/payments.py", content: "def pay(): pass\n"},
		{path: "deps/resolver.py", content: "def resolve(): pass\n"},
		{path: "external/bridge.ts", content: "export const a = 1\n"},
		{path: "vendors/models.py", content: "class Vendor: pass\n", beside: "manage.py vendors/admin.py"},
		{path: "dependencies/graph.go", content: "package dependencies\n", beside: "go.mod"},
		{path: "src/stats/dist/normal.py", content: "def pdf(x): pass\n"},
		{path: "ui/Pods/PodList.tsx", content: "export const PodList = 1\n", beside: "ui/package.json"},
		{path: "tests/fixtures/users.py", content: "def user(): pass\n"},
		{path: "pkg/testdata/mill.go", content: "package mill\n"},
		{path: "docs/templates/page.html", content: "<p>x</p>\n"},
		{path: "docs/_static/own.css", content: "a { b: c }\n"},
		{path: "src/Sparkle/sparkle.ts", content: "export const a = 1\n"},
		{path: "packages/api/v2.0/routes.ts", content: "export const a = 1\n"},
		{path: "editor/codemirror/mode/mill.js", content: "export const a = 1\n"},
		{path: "configure", content: "#!/bin/sh\n# Written by hand.\necho ok\n"},
		{path: "proguard-rules.pro", content: "-keep class a\n"},
		{path: "web/vendor/List.tsx", content: "export const List = 1\n", beside: "web/package.json web/index.tsx"},
		{path: "apps/market/vendor/index.ts", content: "export const a = 1\n", beside: "package.json apps/market/package.json"},
		{path: "lib/vendor/supplier.ex", content: "defmodule Supplier do\nend\n", beside: "mix.exs lib/mix.exs"},
		{path: "services/vendor/main.go", content: "package main\n", beside: "go.mod services/vendor/go.mod"},
		{path: "src/third-party/login.ts", content: "export const a = 1\n", beside: "src/index.ts tsconfig.json"},
		{path: "internal/externs/api.go", content: "package externs\n", beside: "go.mod internal/LICENSE"},
		{path: "src/components/MathJax/index.js", content: own},
		{path: "inst/extdata/model.R", content: "x <- 1\n"},
		{path: "src/node_modules_cache/index.js", content: own},
		{path: "src/Vendor.php", content: "<?php class Vendor {}\n", beside: "src/composer.json"},
		{path: "api/vendor.go", content: "package api\n", beside: "api/go.mod"},
		{path: "charts/dist/values.yaml", content: "a: 1\n", beside: "charts/Chart.yaml"},
		{path: "src/external/LICENSE_check.py", content: "def check(): pass\n", beside: "src/external/client.py"},
		{path: "lib/core.js", content: "/**\n * core.js\n * @version 2.1.0\n * @license MIT\n */\nexport const a = 1\n"},
		{path: "src/angular-app.js", content: own},
		{path: "src/import.scss", content: "@use 'a';\n"},
		// These files of an application have the names of libraries.
		{path: "resources/js/bootstrap.js", content: own},
		{path: "web/foundation.scss", content: "$grid: 12;\n"},
		{path: "src/prototype.js", content: own},
		{path: "charts/Chart.js", content: own},
		{path: "scss/_import.scss", content: "@use 'a';\n"},
		{path: "web/react-app.js", content: own},
		{path: "web/d3-tree.js", content: "import * as d3 from 'd3'\n"},
		{path: "vendor_portal/vendors/js/table.js", content: own},
		// These are copies by their place.
		{path: "vendor/x/y.go", content: "package y\n", vendored: true},
		{path: "vendor/github.com/a/b/c.go", content: "package c\n", vendored: true},
		{path: "tools/vendor/github.com/a/b/c.go", content: "package c\n", vendored: true},
		{path: "tools/vendor/x/y.go", content: "package y\n", beside: "tools/go.mod", vendored: true},
		{path: "tools/vendor/x/y.go", content: "package y\n", beside: "tools/vendor/modules.txt", vendored: true},
		{path: "site/vendor/twig/a.php", content: "<?php\n", beside: "site/composer.json", vendored: true},
		{path: "site/vendor/twig/a.php", content: "<?php\n", beside: "site/other/composer.json"},
		{path: "third_party/zlib/a.c", content: "int a;\n", vendored: true},
		{path: "src/third_party/zlib/a.c", content: "int a;\n", beside: "src/BUILD.gn", vendored: true},
		{path: "src/third_party/zlib/a.c", content: "int a;\n", beside: "src/third_party/zlib/LICENSE", vendored: true},
		{path: "external/fmt/a.cc", content: "int a;\n", beside: "external/fmt/LICENSE.rst", vendored: true},
		{path: "external/own/a.cc", content: "int a;\n", beside: "external/fmt/LICENSE.rst"},
		{path: "deps/lua/a.c", content: "int a;\n", beside: "deps/lua/COPYRIGHT", vendored: true},
		{path: "node_modules/a/b.js", content: own, vendored: true},
		{path: "web/node_modules/a/b.js", content: own, vendored: true},
		{path: "ios/Pods/A/a.m", content: "int a;\n", beside: "ios/Podfile", vendored: true},
		{path: "dist/app.js", content: own, vendored: true},
		{path: "assets/MathJax/extensions/tex2jax.js", content: banner + "var a = 1\n", vendored: true},
		{path: "rust/vendor/serde/a.rs", content: "fn a() {}\n", beside: "rust/Cargo.toml", vendored: true},
		{path: "web/dist/app.js", content: own, beside: "web/package.json", vendored: true},
		{path: "gradlew", content: "#!/bin/sh\n", vendored: true},
		{path: "packages/Lib.1.2.3/a.cs", content: "class A {}\n", vendored: true},
		{path: "docs/_build/a.html", content: "<p>x</p>\n", vendored: true},
		// These are copies by their name and banner.
		{path: "web/js/bootstrap.js", content: banner + "var a = 1\n", vendored: true},
		{path: "web/js/jquery-3.6.0.js", content: "/*! Copyright OpenJS */\nvar a = 1\n", vendored: true},
		{path: "static/vendor/table.js", content: banner + "var a = 1\n", vendored: true},
		{path: "css/normalize.css", content: "/*! normalize.css v8.0.1 | MIT License | https://a.example */\nhtml { b: c }\n", vendored: true},
		{path: "js/d3.v7.js", content: "// https://d3js.org v7.9.0 Copyright 2010 Mike\n(function() {})\n", vendored: true},
		{path: "css/animate.css", content: "@charset \"UTF-8\";\n" + banner + "a { b: c }\n", vendored: true},
	} {
		var layout Layout
		for file := range strings.FieldsSeq(test.path + " " + test.beside) {
			layout.Add(file)
		}
		rules := compile(t, Config{}, "", nil).In(&layout)
		v := pathVerdict(t, rules, []byte(test.path), File, int64(len(test.content)))
		if v.Skip == "" {
			v = contentVerdict(t, rules, []byte(test.path), []byte(test.content))
		}
		want := Reason("")
		if test.vendored {
			want = ReasonVendored
		}
		if v.Skip != want {
			t.Errorf("%s beside %q: skip %q (%s), want %q", test.path, test.beside, v.Skip, v.Detail, want)
		}
		if all := compile(t, Config{Vendored: true}, "", nil).In(&layout); pathVerdict(t, all, []byte(test.path), File, 1).Skip != "" || contentVerdict(t, all, []byte(test.path), []byte(test.content)).Skip != "" {
			t.Errorf("%s is left out though copies are wanted", test.path)
		}
	}
}

func TestLayoutIsInTheFingerprint(t *testing.T) {
	rules := compile(t, Config{}, "", nil)
	var none, one Layout
	none.Add("go.mod")
	none.Add("a/vendor/x.go")
	one.Add("a/vendor/x.go")
	one.Add("a/go.mod")
	if rules.In(&none).Fingerprint() != rules.Fingerprint() {
		t.Error("a commit without copies has another fingerprint")
	}
	if rules.In(&one).Fingerprint() == rules.Fingerprint() {
		t.Error("a manifest beside vendor/ changes verdicts but no fingerprint")
	}
}

func TestLayoutIsBounded(t *testing.T) {
	var l Layout
	for i := range 2 * maxPlaces {
		l.Add(strings.Repeat("a", i%500) + "/" + string(rune('a'+i%26)) + strings.Repeat("b", i/500) + "/vendor/go.mod")
	}
	if l.held != maxPlaces {
		t.Errorf("%d directories are held", l.held)
	}
}
