import com.sun.source.tree.*;
import com.sun.source.util.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;
import javax.lang.model.element.*;
import javax.lang.model.type.TypeKind;
import javax.tools.*;

/**
 * Writes what the Java compiler knows about the names of a tree, as one JSON document on standard output.
 *
 * <p>usage: java Truth.java DIR SAMPLE. All names are looked up, whatever the sample. CLASSPATH may name jars that the
 * tree needs. Names that come from a missing jar are left out.
 */
public class Truth {
  static final Map<Element, Spot> names = new HashMap<>(); // of definitions
  static final Map<Element, Boolean> inner = new HashMap<>(); // that only a function sees
  static final List<String> defined = new ArrayList<>(), others = new ArrayList<>(), calls = new ArrayList<>(), refers = new ArrayList<>();

  record Spot(String path, int at) {
    String json(String name) {
      return "[" + quote(path) + "," + at + (name == null ? "" : "," + quote(name)) + "]";
    }
  }

  /** A file, whose places the compiler counts in characters. */
  static class Source {
    final String path, text;
    final CompilationUnitTree unit;

    Source(Path root, CompilationUnitTree unit) throws IOException {
      this.unit = unit;
      path = root.relativize(Paths.get(unit.getSourceFile().toUri())).toString().replace('\\', '/');
      text = unit.getSourceFile().getCharContent(true).toString();
    }

    Spot spot(long at) {
      return new Spot(path, text.substring(0, (int) at).getBytes(StandardCharsets.UTF_8).length);
    }

    /** The first place, from a place on, where a name stands as a word. */
    long find(String name, long from) {
      for (int i = text.indexOf(name, (int) Math.max(from, 0)); i >= 0; i = text.indexOf(name, i + 1)) {
        boolean before = i == 0 || !Character.isJavaIdentifierPart(text.charAt(i - 1));
        int end = i + name.length();
        if (before && (end == text.length() || !Character.isJavaIdentifierPart(text.charAt(end)))) return i;
      }
      return -1;
    }
  }

  public static void main(String[] args) throws Exception {
    Path root = Paths.get(args[0]).toAbsolutePath().normalize();
    List<File> files;
    try (Stream<Path> all = Files.walk(root)) {
      files = all.filter(p -> p.toString().endsWith(".java") && !p.endsWith("module-info.java")).sorted().map(Path::toFile).collect(Collectors.toList());
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);
    List<String> options = List.of("-proc:none", "-Xmaxerrs", "1000000", "-nowarn", "--should-stop=ifError=FLOW");
    JavacTask task = (JavacTask) compiler.getTask(Writer.nullWriter(), manager, d -> {}, options, null, manager.getJavaFileObjectsFromFiles(files));
    List<Source> sources = new ArrayList<>();
    for (CompilationUnitTree unit : task.parse()) sources.add(new Source(root, unit));
    task.analyze();
    Trees trees = Trees.instance(task);
    for (Source s : sources) new Definitions(s, trees).scan(s.unit, null);
    for (Source s : sources) new References(s, trees).scan(s.unit, null);
    System.out.println("{\"files\":" + sources.stream().map(s -> quote(s.path)).collect(Collectors.joining(",", "[", "]")) + ",\"defined\":" + defined
        + ",\"others\":" + others + ",\"calls\":" + calls + ",\"refers\":" + refers + "}");
  }

  static class Definitions extends TreePathScanner<Void, Void> {
    final Source s;
    final Trees trees;

    Definitions(Source s, Trees trees) {
      this.s = s;
      this.trees = trees;
    }

    void define(Tree tree, String name, long from) {
      Element e = trees.getElement(getCurrentPath());
      long at = s.find(name, from);
      if (e == null || at < 0 || name.isEmpty()) return;
      boolean local = false;
      for (TreePath p = getCurrentPath().getParentPath(); p != null; p = p.getParentPath()) {
        Tree.Kind kind = p.getLeaf().getKind();
        local |= kind == Tree.Kind.METHOD || kind == Tree.Kind.BLOCK || kind == Tree.Kind.NEW_CLASS || kind == Tree.Kind.LAMBDA_EXPRESSION;
      }
      names.put(e, s.spot(at));
      inner.put(e, local);
      (local ? others : defined).add(s.spot(at).json(name));
    }

    long end(Tree tree, Tree otherwise) {
      long end = tree == null ? -1 : trees.getSourcePositions().getEndPosition(s.unit, tree);
      return end >= 0 ? end : trees.getSourcePositions().getStartPosition(s.unit, otherwise);
    }

    @Override
    public Void visitClass(ClassTree t, Void v) {
      define(t, t.getSimpleName().toString(), end(t.getModifiers(), t));
      return super.visitClass(t, v);
    }

    @Override
    public Void visitMethod(MethodTree t, Void v) {
      long start = trees.getSourcePositions().getStartPosition(s.unit, t);
      Element e = trees.getElement(getCurrentPath());
      if (e != null && start >= 0 && trees.getSourcePositions().getEndPosition(s.unit, t) > start) { // the compiler adds constructors
        String name = t.getReturnType() == null ? e.getEnclosingElement().getSimpleName().toString() : t.getName().toString();
        define(t, name, end(t.getReturnType() == null ? t.getModifiers() : t.getReturnType(), t));
      }
      return super.visitMethod(t, v);
    }

    @Override
    public Void visitVariable(VariableTree t, Void v) {
      if (trees.getSourcePositions().getStartPosition(s.unit, t) >= 0) {
        Element e = trees.getElement(getCurrentPath());
        boolean constant = e != null && e.getKind() == ElementKind.ENUM_CONSTANT;
        define(t, t.getName().toString(), end(constant ? t.getModifiers() : t.getType(), t));
      }
      return super.visitVariable(t, v);
    }
  }

  static class References extends TreePathScanner<Void, Void> {
    final Source s;
    final Trees trees;

    References(Source s, Trees trees) {
      this.s = s;
      this.trees = trees;
    }

    void refer(long at, Element e) {
      if (at < 0) return;
      boolean known = e != null && e.asType().getKind() != TypeKind.ERROR;
      Spot to = names.get(e);
      boolean local = to != null && inner.get(e);
      refers.add("{\"at\":" + s.spot(at).json(null) + ",\"to\":[" + (to == null || local ? "" : to.json(null)) + "],\"known\":" + known + ",\"local\":" + local + "}");
    }

    /** The place of the name that an expression ends with. */
    long nameOf(Tree t) {
      if (t instanceof ParenthesizedTree p) return nameOf(p.getExpression());
      if (t instanceof IdentifierTree) return trees.getSourcePositions().getStartPosition(s.unit, t);
      if (t instanceof MemberSelectTree m) return s.find(m.getIdentifier().toString(), trees.getSourcePositions().getEndPosition(s.unit, m.getExpression()));
      if (t instanceof ParameterizedTypeTree p) return nameOf(p.getType());
      return -1;
    }

    @Override
    public Void visitIdentifier(IdentifierTree t, Void v) {
      String name = t.getName().toString();
      if (!name.equals("this") && !name.equals("super")) refer(nameOf(t), trees.getElement(getCurrentPath()));
      return super.visitIdentifier(t, v);
    }

    @Override
    public Void visitMemberSelect(MemberSelectTree t, Void v) {
      boolean imported = false;
      for (TreePath p = getCurrentPath(); p != null; p = p.getParentPath()) imported |= p.getLeaf() instanceof ImportTree || p.getLeaf() instanceof PackageTree;
      String name = t.getIdentifier().toString();
      if (!imported && !name.equals("class") && !name.equals("this")) refer(nameOf(t), trees.getElement(getCurrentPath()));
      return super.visitMemberSelect(t, v);
    }

    @Override
    public Void visitVariable(VariableTree t, Void v) {
      Element e = trees.getElement(getCurrentPath());
      if (e != null && e.getKind() == ElementKind.ENUM_CONSTANT && t.getInitializer() instanceof NewClassTree made) { // as the compiler writes it
        scan(made.getArguments(), v);
        return scan(made.getClassBody(), v);
      }
      return super.visitVariable(t, v);
    }

    @Override
    public Void visitMethodInvocation(MethodInvocationTree t, Void v) {
      long at = nameOf(t.getMethodSelect());
      if (at >= 0) calls.add(s.spot(at).json(null));
      return super.visitMethodInvocation(t, v);
    }

    @Override
    public Void visitNewClass(NewClassTree t, Void v) {
      long at = nameOf(t.getIdentifier());
      if (at >= 0) calls.add(s.spot(at).json(null));
      return super.visitNewClass(t, v);
    }
  }

  static String quote(String s) {
    return '"' + s.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
