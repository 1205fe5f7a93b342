// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <elfutils/libdw.h>
#include <libelf.h>

namespace tessera {

/// An ELF file in memory and its DWARF, null when there is none that can be read.
class DwarfFile {
 public:
  explicit DwarfFile(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {
    elf_version(EV_CURRENT);
    elf_.reset(elf_memory(reinterpret_cast<char*>(bytes_.data()), bytes_.size()));
    dwarf_.reset(elf_ == nullptr ? nullptr : dwarf_begin_elf(elf_.get(), DWARF_C_READ, nullptr));
  }

  Elf* elf() const { return elf_.get(); }
  Dwarf* dwarf() const { return dwarf_.get(); }

 private:
  struct ElfCloser {
    void operator()(Elf* elf) const { elf_end(elf); }
  };
  struct DwarfCloser {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
  };

  std::vector<std::uint8_t> bytes_;
  std::unique_ptr<Elf, ElfCloser> elf_;
  std::unique_ptr<Dwarf, DwarfCloser> dwarf_;
};

}  // namespace tessera
