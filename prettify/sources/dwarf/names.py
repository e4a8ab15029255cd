from __future__ import annotations
from prettify.sources.dwarf import constants as dw
from prettify.sources.dwarf.kinds import KINDS

class Row:
    __slots__ = ("position","tag","size","declaration","name","parent")

class Names:
    def __init__(self, part, units):
        self.part=part; self.units=units; self._rows=None
    def rows(self):
        if self._rows is None:
            self._rows=[]
            known=set()
            for u in self.units:
                at=u.first_entry
                while at<u.end:
                    e=self.part.read(at,u)
                    if e is None: at+=1; continue
                    at=e.end
                    if e.tag in KINDS and e.tag != dw.DW_TAG_variable:
                        r=Row(); r.position=e.position; r.tag=e.tag; r.name=e.text(dw.DW_AT_name)
                        r.size=e.number(dw.DW_AT_byte_size); r.size=-1 if r.size is None else r.size
                        r.declaration=e.flag(dw.DW_AT_declaration)
                        k=(r.name,r.tag,r.size,r.declaration)
                        if r.name and k not in known:
                            known.add(k); self._rows.append(r)
        return self._rows
    def find(self,name): return [r for r in self.rows() if r.name==name]
