// Writes what the TypeScript compiler knows about the names of a tree, as one JSON document on
// standard output. NODE_PATH must lead to the module typescript.
//
// usage: node typescript.js DIR SAMPLE
// SAMPLE is how many references are looked up, chosen evenly; 0: all.
const fs = require("fs")
const path = require("path")
const ts = require("typescript")

const root = fs.realpathSync(process.argv[2])
const sample = Number(process.argv[3])
const files = []
function list(directory) {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    if (entry.name.startsWith(".") || entry.name === "node_modules" || entry.name === "dist") continue
    const full = path.join(directory, entry.name)
    if (entry.isDirectory()) list(full)
    else if (/\.(ts|tsx)$/.test(entry.name)) files.push(full)
  }
}
list(root)

let options = { allowJs: false, jsx: ts.JsxEmit.Preserve, skipLibCheck: true, noEmit: true }
const config = path.join(root, "tsconfig.json")
if (fs.existsSync(config)) {
  const read = ts.readConfigFile(config, ts.sys.readFile)
  options = { ...ts.parseJsonConfigFileContent(read.config || {}, ts.sys, root).options, ...options }
}
const program = ts.createProgram(files, options)
const checker = program.getTypeChecker()
const known = new Map()
for (const source of program.getSourceFiles()) {
  const name = path.relative(root, source.fileName)
  if (files.includes(source.fileName)) known.set(source, name)
}

function bytes(source, at) {
  let map = source.bytesAt
  if (!map) {
    map = source.bytesAt = new Uint32Array(source.text.length + 1)
    let n = 0
    for (let i = 0; i < source.text.length; i++) {
      map[i] = n
      const c = source.text.charCodeAt(i)
      n += c < 0x80 ? 1 : c < 0x800 ? 2 : c >= 0xd800 && c < 0xe000 ? 2 : 3
    }
    map[source.text.length] = n
  }
  return map[at]
}

const place = (node) => [known.get(node.getSourceFile()), bytes(node.getSourceFile(), node.getStart())]

// lasting says whether a declaration can be named from outside a function.
function lasting(node) {
  if (ts.isParameter(node) || ts.isTypeParameterDeclaration(node)) return false
  if (ts.isImportSpecifier(node) || ts.isImportClause(node) || ts.isNamespaceImport(node) || ts.isExportSpecifier(node)) return false
  for (let n = node.parent; n; n = n.parent) {
    if (ts.isFunctionLike(n)) return false
  }
  return true
}

// declares lists the kinds of declarations that have members of their own or stand at the top of a file.
function declares(node) {
  if (ts.isPropertySignature(node) || ts.isMethodSignature(node)) {
    return ts.isInterfaceDeclaration(node.parent) || ts.isTypeLiteralNode(node.parent) && ts.isTypeAliasDeclaration(node.parent.parent)
  }
  return ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) ||
    ts.isEnumDeclaration(node) || ts.isEnumMember(node) || ts.isMethodDeclaration(node) && ts.isClassLike(node.parent) || ts.isPropertyDeclaration(node) ||
    ts.isGetAccessor(node) && ts.isClassLike(node.parent) || ts.isSetAccessor(node) && ts.isClassLike(node.parent) ||
    ts.isVariableDeclaration(node) || ts.isModuleDeclaration(node)
}

const defined = []
const others = [] // declarations that only a function or an object sees
const calls = []
const candidates = []
function visit(node) {
  if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) {
    const parent = node.parent
    if (parent.name === node && declares(parent)) {
      if (lasting(parent)) defined.push([...place(node), node.text])
      else others.push(place(node))
    } else if (parent.name === node && (ts.isPropertyAccessExpression(parent) === false) && !ts.isShorthandPropertyAssignment(parent)) {
      others.push(place(node)) // a parameter, a part of a pattern, a member of a type without a name
    } else if (!ts.isImportSpecifier(parent) && !ts.isExportSpecifier(parent) && !ts.isJsxAttribute(parent)) {
      candidates.push(node)
    }
  }
  if (ts.isConstructorDeclaration(node)) others.push(place(node.getChildren().find((c) => c.kind === ts.SyntaxKind.ConstructorKeyword)))
  if (ts.isStringLiteral(node) && node.parent.name === node) others.push(place(node))
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    const f = node.expression
    if (ts.isIdentifier(f)) calls.push(place(f))
    else if (ts.isPropertyAccessExpression(f)) calls.push(place(f.name))
  }
  ts.forEachChild(node, visit)
}
for (const source of known.keys()) visit(source)

const step = sample && candidates.length > sample ? Math.floor(candidates.length / sample) : 1
const refers = []
for (let i = 0; i < candidates.length; i += step) {
  const node = candidates[i]
  let symbol = ts.isShorthandPropertyAssignment(node.parent) ? checker.getShorthandAssignmentValueSymbol(node.parent) : checker.getSymbolAtLocation(node)
  if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol)
  const to = []
  let local = false
  for (const d of (symbol && symbol.declarations) || []) {
    if (!known.has(d.getSourceFile())) continue
    if (!d.name || !declares(d) || !lasting(d)) local = true
    else to.push(place(d.name))
  }
  refers.push({ at: place(node), to, known: Boolean(symbol && symbol.declarations && symbol.declarations.length), local })
}
console.log(JSON.stringify({ files: [...known.values()], defined, others, refers, calls }))
