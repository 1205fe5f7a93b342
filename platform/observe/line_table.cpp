// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/line_table.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <tuple>

#include <dwarf.h>

#include <gelf.h>

#include "platform/observe/dwarf_file.h"

namespace tessera {

namespace {

struct Freer {
  void operator()(Dwarf_Die* scopes) const { std::free(scopes); }
};

/// Paths are relative to where the compiler ran, and the build runs it so that this is "./".
std::string plain_path(const char* path) {
  if (path == nullptr) {
    return "";
  }
  const std::string text = path;
  return text.compare(0, 2, "./") == 0 ? text.substr(2) : text;
}

unsigned unsigned_of(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  const bool is_there = dwarf_formudata(dwarf_attr(&die, name, &attribute), &value) == 0;
  return is_there ? static_cast<unsigned>(value) : 0;
}

}  // namespace

class LineTable::Reader {
 public:
  explicit Reader(std::vector<std::uint8_t> bytes) : file_(std::move(bytes)) {
    if (file_.dwarf() == nullptr) {
      return;
    }
    find_code();
    Dwarf_Off offset = 0;
    Dwarf_Off next = 0;
    std::size_t header_bytes = 0;
    while (dwarf_nextcu(file_.dwarf(), offset, &next, &header_bytes, nullptr, nullptr, nullptr) ==
           0) {
      Dwarf_Die unit;
      if (dwarf_offdie(file_.dwarf(), offset + header_bytes, &unit) != nullptr) {
        units_.push_back(unit);
        read_lines(unit);
      }
      offset = next;
    }
    // Where a sequence ends and another begins, the beginning counts; of several lines that begin
    // at one address, the last.
    std::stable_sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
      return std::make_tuple(a.address, a.source != nullptr) <
             std::make_tuple(b.address, b.source != nullptr);
    });
  }

  const std::vector<Row>& rows() const { return rows_; }

  const SourceLine* find(std::uint32_t address) const {
    const auto next =
        std::upper_bound(rows_.begin(), rows_.end(), address,
                         [](std::uint32_t value, const Row& row) { return value < row.address; });
    return next == rows_.begin() ? nullptr : std::prev(next)->source;
  }

  std::vector<InlinedFrame> frames(std::uint32_t address) {
    for (Dwarf_Die& unit : units_) {
      if (dwarf_haspc(&unit, address) == 1) {
        return frames(unit, address);
      }
    }
    return {};
  }

 private:
  void find_code() {
    for (Elf_Scn* section = elf_nextscn(file_.elf(), nullptr); section != nullptr;
         section = elf_nextscn(file_.elf(), section)) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) != nullptr && (header.sh_flags & SHF_EXECINSTR) != 0) {
        code_.emplace_back(header.sh_addr, header.sh_addr + header.sh_size);
      }
    }
  }

  /// Functions that the linker has dropped still have lines, at addresses that hold no code.
  bool is_code(Dwarf_Addr address, bool is_end) const {
    return std::any_of(code_.begin(), code_.end(), [&](const auto& range) {
      return address >= range.first && (is_end ? address <= range.second : address < range.second);
    });
  }

  void read_lines(Dwarf_Die& unit) {
    Dwarf_Lines* lines = nullptr;
    std::size_t count = 0;
    if (dwarf_getsrclines(&unit, &lines, &count) != 0) {
      return;
    }
    for (std::size_t i = 0; i < count; ++i) {
      Dwarf_Line* line = dwarf_onesrcline(lines, i);
      Dwarf_Addr address = 0;
      bool is_end = false;
      int number = 0;
      if (dwarf_lineaddr(line, &address) == 0 && dwarf_lineendsequence(line, &is_end) == 0 &&
          dwarf_lineno(line, &number) == 0 && is_code(address, is_end)) {
        const SourceLine* source = is_end ? nullptr
                                          : source_at(dwarf_linesrc(line, nullptr, nullptr),
                                                      static_cast<unsigned>(number));
        rows_.push_back({static_cast<std::uint32_t>(address), source});
      }
    }
  }

  const SourceLine* source_at(const char* file, unsigned line) {
    const std::string path = plain_path(file);
    return &sources_.try_emplace({path, line}, SourceLine{path, line}).first->second;
  }

  std::vector<InlinedFrame> frames(Dwarf_Die& unit, std::uint32_t address) {
    Dwarf_Die* found = nullptr;
    int count = dwarf_getscopes(&unit, address, &found);
    std::unique_ptr<Dwarf_Die, Freer> innermost(found);
    if (count <= 0) {
      return {};
    }
    found = nullptr;
    count = dwarf_getscopes_die(innermost.get(), &found);
    const std::unique_ptr<Dwarf_Die, Freer> scopes(found);
    Dwarf_Files* files = nullptr;
    std::size_t num_files = 0;
    dwarf_getsrcfiles(&unit, &files, &num_files);

    std::vector<InlinedFrame> chain;
    const SourceLine* here = find(address);
    SourceLine source = here == nullptr ? SourceLine{} : *here;
    for (int i = 0; i < count; ++i) {
      Dwarf_Die& scope = scopes.get()[i];
      const int tag = dwarf_tag(&scope);
      if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) {
        continue;
      }
      const char* name = dwarf_diename(&scope);
      chain.push_back({name == nullptr ? "" : name, source});
      const unsigned file = unsigned_of(scope, DW_AT_call_file);
      const char* path = file < num_files ? dwarf_filesrc(files, file, nullptr, nullptr) : nullptr;
      source = {plain_path(path), unsigned_of(scope, DW_AT_call_line)};
    }
    return chain;
  }

  DwarfFile file_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> code_;
  std::vector<Dwarf_Die> units_;
  std::map<std::pair<std::string, unsigned>, SourceLine> sources_;
  std::vector<Row> rows_;
};

LineTable::LineTable() = default;
LineTable::LineTable(std::vector<std::uint8_t> elf) : elf_(std::move(elf)) {}
LineTable::LineTable(LineTable&&) noexcept = default;
LineTable& LineTable::operator=(LineTable&&) noexcept = default;
LineTable::~LineTable() = default;

LineTable::Reader& LineTable::reader() const {
  if (reader_ == nullptr) {
    reader_ = std::make_unique<Reader>(std::move(elf_));
  }
  return *reader_;
}

const SourceLine* LineTable::find(std::uint32_t address) const {
  return reader().find(address);
}

std::vector<InlinedFrame> LineTable::frames(std::uint32_t address) const {
  return reader().frames(address);
}

std::vector<LineTable::Row> LineTable::rows() const {
  return reader().rows();
}

}  // namespace tessera
