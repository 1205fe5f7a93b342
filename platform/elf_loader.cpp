// SPDX-License-Identifier: Apache-2.0
#include "platform/elf_loader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>

#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include "models/base/error.h"
#include "models/base/host_error.h"
#include "models/base/text.h"

namespace tessera {

namespace {

constexpr const char* kExpected = "expected a 32-bit little-endian RISC-V executable";

struct ElfCloser {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfCloser>;

std::string machine_name(unsigned machine) {
  switch (machine) {
    case EM_386:
      return "x86";
    case EM_X86_64:
      return "x86-64";
    case EM_ARM:
      return "Arm";
    case EM_AARCH64:
      return "AArch64";
    case EM_RISCV:
      return "RISC-V";
    default:
      return fmt::format("machine {}", machine);
  }
}

/// Reads the parts of one file; every offset in it is checked against the size of the file.
class Reader {
 public:
  Reader(std::string path, std::vector<std::uint8_t>& bytes)
      : path_(std::move(path)), bytes_(bytes) {
    elf_version(EV_CURRENT);
    if (bytes_.size() < SELFMAG || std::memcmp(bytes_.data(), ELFMAG, SELFMAG) != 0) {
      throw ConfigError(path_, "not an ELF file", kExpected);
    }
    check_class();
    elf_.reset(elf_memory(reinterpret_cast<char*>(bytes_.data()), bytes_.size()));
    if (elf_ == nullptr || gelf_getehdr(elf_.get(), &header_) == nullptr) {
      throw truncated("the ELF header");
    }
    check_header();
  }

  const GElf_Ehdr& header() const { return header_; }

  std::vector<ElfSegment> segments() const {
    std::size_t count = 0;
    if (elf_getphdrnum(elf_.get(), &count) != 0) {
      throw truncated("the program headers");
    }
    std::vector<ElfSegment> segments;
    for (std::size_t i = 0; i < count; ++i) {
      GElf_Phdr segment;
      if (gelf_getphdr(elf_.get(), static_cast<int>(i), &segment) == nullptr) {
        throw truncated("the program headers");
      }
      if (segment.p_type == PT_LOAD && segment.p_memsz > 0) {
        segments.push_back(read_segment(static_cast<unsigned>(i), segment));
      }
    }
    return segments;
  }

  std::vector<ElfSymbol> symbols() const {
    std::vector<ElfSymbol> symbols;
    for (Elf_Scn* section = elf_nextscn(elf_.get(), nullptr); section != nullptr;
         section = elf_nextscn(elf_.get(), section)) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) != nullptr && header.sh_type == SHT_SYMTAB) {
        read_symbols(section, header, symbols);
      }
    }
    return symbols;
  }

  std::map<std::uint32_t, std::string> region_names() const {
    std::map<std::uint32_t, std::string> names;
    GElf_Shdr header;
    Elf_Scn* section = find_section(".region_names", header);
    const Elf_Data* data = section == nullptr ? nullptr : elf_rawdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr) {
      return names;
    }
    const std::string text(static_cast<const char*>(data->d_buf), data->d_size);
    std::size_t begin = 0;
    for (std::size_t end = text.find('\0'); end != std::string::npos;
         end = text.find('\0', begin)) {
      names[static_cast<std::uint32_t>(header.sh_addr + begin)] = text.substr(begin, end - begin);
      begin = end + 1;
    }
    return names;
  }

 private:
  ConfigError truncated(const std::string& part) const {
    return {path_, fmt::format("truncated: the file ends after {} bytes, before the end of {}",
                               bytes_.size(), part)};
  }
  bool holds(std::uint64_t offset, std::uint64_t count) const {
    return offset <= bytes_.size() && count <= bytes_.size() - offset;
  }
  void check_class() const {
    if (bytes_.size() < EI_NIDENT) {
      throw truncated("the ELF header");
    }
    if (bytes_[EI_CLASS] != ELFCLASS32) {
      throw ConfigError(path_, "a 64-bit ELF file", kExpected);
    }
    if (bytes_[EI_DATA] != ELFDATA2LSB) {
      throw ConfigError(path_, "a big-endian ELF file", kExpected);
    }
  }
  void check_header() const {
    if (header_.e_machine != EM_RISCV) {
      throw ConfigError(path_, "an ELF file for " + machine_name(header_.e_machine), kExpected);
    }
    if (header_.e_type != ET_EXEC) {
      throw ConfigError(path_, "not linked as an executable", kExpected);
    }
    const auto check_table = [&](std::uint64_t offset, std::uint64_t count, std::uint64_t size,
                                 const char* name) {
      if (count > 0 && !holds(offset, count * size)) {
        throw truncated(name);
      }
    };
    check_table(header_.e_phoff, header_.e_phnum, header_.e_phentsize, "the program headers");
    check_table(header_.e_shoff, header_.e_shnum, header_.e_shentsize, "the section headers");
  }
  /// Null: there is none of this name.
  Elf_Scn* find_section(const char* wanted, GElf_Shdr& header) const {
    std::size_t names = 0;
    elf_getshdrstrndx(elf_.get(), &names);
    for (Elf_Scn* section = elf_nextscn(elf_.get(), nullptr); section != nullptr;
         section = elf_nextscn(elf_.get(), section)) {
      const char* name = gelf_getshdr(section, &header) == nullptr
                             ? nullptr
                             : elf_strptr(elf_.get(), names, header.sh_name);
      if (name != nullptr && std::strcmp(name, wanted) == 0) {
        return section;
      }
    }
    return nullptr;
  }
  ElfSegment read_segment(unsigned index, const GElf_Phdr& segment) const {
    if (!holds(segment.p_offset, segment.p_filesz)) {
      throw truncated(fmt::format("segment {}", index));
    }
    if (segment.p_filesz > segment.p_memsz) {
      throw ConfigError(path_,
                        fmt::format("segment {} has more bytes in the file than in memory", index));
    }
    const auto first = bytes_.begin() + static_cast<std::ptrdiff_t>(segment.p_offset);
    return {index,
            static_cast<std::uint32_t>(segment.p_paddr),
            {first, first + static_cast<std::ptrdiff_t>(segment.p_filesz)},
            segment.p_memsz};
  }
  /// End of the code section of a symbol; 0 when its section holds no code.
  std::uint64_t code_end(const GElf_Sym& symbol) const {
    GElf_Shdr section;
    const bool is_code =
        gelf_getshdr(elf_getscn(elf_.get(), symbol.st_shndx), &section) != nullptr &&
        (section.sh_flags & SHF_EXECINSTR) != 0;
    return is_code ? section.sh_addr + section.sh_size : 0;
  }
  void read_symbols(Elf_Scn* section, const GElf_Shdr& header,
                    std::vector<ElfSymbol>& symbols) const {
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr || header.sh_entsize == 0) {
      return;
    }
    const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
    for (int i = 0; i < count; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, i, &symbol) == nullptr || symbol.st_shndx == SHN_UNDEF) {
        continue;
      }
      const char* name = elf_strptr(elf_.get(), header.sh_link, symbol.st_name);
      const unsigned type = GELF_ST_TYPE(symbol.st_info);
      // Names that begin with '$' or '.' are marks of the assembler.
      const bool is_named = name != nullptr && *name != '\0' && *name != '$' && *name != '.';
      if (is_named && (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE)) {
        symbols.push_back({name, static_cast<std::uint32_t>(symbol.st_value),
                           static_cast<std::uint32_t>(symbol.st_size), code_end(symbol)});
      }
    }
  }

  std::string path_;
  std::vector<std::uint8_t>& bytes_;
  ElfHandle elf_;
  GElf_Ehdr header_{};
};

/// "L1 0x..., L2 0x...".
std::string memories(const AddressMap& map) {
  std::vector<std::string> texts;
  for (const MapRange& range : map.ranges()) {
    if (range.is_memory()) {
      texts.push_back(range.text());
    }
  }
  return join(texts);
}

}  // namespace

ElfImage ElfImage::read(const std::string& path) {
  std::vector<std::uint8_t> bytes = read_file(path);
  const Reader reader(path, bytes);
  ElfImage image;
  image.path = path;
  image.entry = static_cast<std::uint32_t>(reader.header().e_entry);
  image.has_compressed_code = (reader.header().e_flags & EF_RISCV_RVC) != 0;
  image.segments = reader.segments();
  if (image.segments.empty()) {
    throw ConfigError(path, "no loadable segment", "was it linked?");
  }
  image.symbols = SymbolTable(reader.symbols());
  image.region_names = reader.region_names();
  image.call_stack = CallStack(bytes);
  image.lines = LineTable(std::move(bytes));
  return image;
}

void ElfImage::check_fits(const AddressMap& map) const {
  for (const ElfSegment& segment : segments) {
    check_is_memory(map, fmt::format("{}: segment {}", path, segment.index), segment.address,
                    segment.memory_bytes);
  }
}

void ElfImage::load(ByteMemory& memory) const {
  for (const ElfSegment& segment : segments) {
    std::vector<std::uint8_t> bytes = segment.bytes;
    bytes.resize(segment.memory_bytes);
    const bool is_written = memory.write(segment.address, bytes.data(), bytes.size());
    TESSERA_CHECK(is_written, "{}: segment {} is in the map but not in memory", path,
                  segment.index);
  }
}

std::vector<std::uint8_t> read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    const int error = errno;
    throw ConfigError(
        path, error == ENOENT ? "no such file" : "cannot read this file" + host_reason(error));
  }
  std::error_code none;
  if (!std::filesystem::is_regular_file(path, none)) {
    throw ConfigError(path, "cannot read this file", "expected a file, no folder, device or pipe");
  }
  return {std::istreambuf_iterator<char>(stream), {}};
}

void check_is_memory(const AddressMap& map, const std::string& where, std::uint64_t address,
                     std::uint64_t bytes) {
  if (bytes == 0) {
    return;
  }
  // The user may ask for any size: the sum must not wrap.
  const std::uint64_t space = std::numeric_limits<std::uint64_t>::max() - address;
  const std::uint64_t last = address + std::min(bytes - 1, space);
  const auto is_memory_at = [&](std::uint64_t at) {
    const MapRange* range = at >> 32 == 0 ? map.find(static_cast<std::uint32_t>(at)) : nullptr;
    return range != nullptr && range->is_memory() ? range : nullptr;
  };
  for (std::uint64_t at = address; at <= last;) {
    const MapRange* range = is_memory_at(at);
    if (range == nullptr) {
      throw ConfigError(where, fmt::format("0x{:08X}..0x{:08X} is not all memory", address, last),
                        "memory of this machine: " + memories(map));
    }
    at = range->end();
  }
}

}  // namespace tessera
