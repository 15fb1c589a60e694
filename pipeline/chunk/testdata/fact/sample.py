"""Mod doc."""
import os, a.b as ab
from .x import y as z, w
from q import *
class A(B, m.C, metaclass=M):
    """Doc. More."""
    n: int = 3
    @property
    def f(self, a: Foo, b=1, *c, **d) -> List[Bar]:
        """D."""
        self.x = Foo(a)
        x, y = g(b), 2
        for i in self.x.items(): i.go()
        with open(a) as fh: fh.read()
        try: pass
        except (E, F) as e: raise X from e
        lambda q: q.z
        return [t.a for t in b if t]
for lasting, (inner, also) in pairs():
    lasting.go()
