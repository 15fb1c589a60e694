"""Says what jedi knows of the names of a tree: one JSON document on stdout.

usage: python.py DIR SAMPLE
SAMPLE is how many references are looked up, chosen evenly; 0: all.
"""

import ast
import json
import os
import sys

import jedi

root, sample = os.path.abspath(sys.argv[1]), int(sys.argv[2])
project = jedi.Project(root, added_sys_path=[os.path.join(root, "src")])
files, starts, trees, scripts = [], {}, {}, {}
for directory, below, names in os.walk(root):
    below[:] = sorted(d for d in below if not d.startswith("."))
    for name in sorted(names):
        path = os.path.relpath(os.path.join(directory, name), root)
        if not name.endswith(".py"):
            continue
        try:
            text = open(os.path.join(root, path), encoding="utf-8").read()
            trees[path] = ast.parse(text)
        except (UnicodeDecodeError, SyntaxError, ValueError):
            continue
        files.append(path)
        starts[path] = lines = []
        at = 0
        for line in text.splitlines(keepends=True):
            lines.append((at, line))
            at += len(line.encode())


def place(path, line, column):
    """The byte of a place; jedi counts letters."""
    at, text = starts[path][line - 1]
    return at + len(text[:column].encode())


def relative(path):
    path = os.path.relpath(str(path), root)
    return path if path in starts else None


calls, imported = [], set()
for path in files:
    for node in ast.walk(trees[path]):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imported.update((path, line) for line in range(node.lineno, node.end_lineno + 1))
        if isinstance(node, ast.Call):
            f = node.func
            if isinstance(f, ast.Name):
                calls.append([path, starts[path][f.lineno - 1][0] + f.col_offset])
            elif isinstance(f, ast.Attribute):
                calls.append([path, starts[path][f.end_lineno - 1][0] + f.end_col_offset - len(f.attr.encode())])


def lasting(name):
    """Whether a definition can be named from outside a function."""
    if name.type in ("param", "module", "namespace"):
        return False
    parent = name.parent()
    while parent is not None and parent.type != "module":
        if parent.type == "function":
            line = starts[relative(name.module_path)][name.line - 1][1]
            if not line[: name.column].rstrip().endswith("self."):
                return False
            holder = parent.parent()
            while holder is not None and holder.type == "class":
                holder = holder.parent()
            return holder is None or holder.type == "module"
        parent = parent.parent()
    return True


def key(path, name):
    """What all definitions of one attribute or variable have in common."""
    holder = name.parent()
    while holder is not None and holder.type == "function":
        holder = holder.parent()
    return path, holder.full_name if holder is not None else "", name.name


defined, others, candidates, first = [], [], [], {}
for path in files:
    scripts[path] = script = jedi.Script(path=os.path.join(root, path), project=project)
    for name in script.get_names(all_scopes=True, definitions=True, references=True):
        try:
            if name.is_definition() and name.type not in ("module", "param") and (path, name.line) not in imported:
                if lasting(name):
                    at = [path, place(path, name.line, name.column)]
                    if key(path, name) not in first:
                        first[key(path, name)] = at
                        defined.append(at + [name.name])
                    continue
                others.append([path, place(path, name.line, name.column)])
        except Exception:
            continue
        if not name.is_definition() and (path, name.line) not in imported:
            candidates.append((path, name.line, name.column))

if sample and len(candidates) > sample:
    candidates = candidates[:: len(candidates) // sample]
refers = []
for path, line, column in candidates:
    targets, known = [], False
    try:
        found = scripts[path].goto(line, column, follow_imports=True)
    except Exception:
        continue
    local = False
    for name in found:
        known = True
        if name.module_path is None or name.line is None:
            continue
        to = relative(name.module_path)
        if to is None:
            continue
        if name.type in ("module", "param") or (to, name.line) in imported or not lasting(name):
            local = True
            continue
        targets.append(first.get(key(to, name), [to, place(to, name.line, name.column)]))
    refers.append({"at": [path, place(path, line, column)], "to": targets, "known": known, "local": local})
json.dump({"files": files, "defined": defined, "others": others, "refers": refers, "calls": calls}, sys.stdout)
