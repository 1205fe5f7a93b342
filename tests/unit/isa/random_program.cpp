// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/isa/random_program.h"

#include <algorithm>
#include <array>

namespace tessera::isa::test {
namespace {

constexpr std::size_t kLongestGroup = 5;

Word with_offset(Word word, int offset) {
  switch (word & 0x7f) {
    case 0x63:
      return word | b_type(0, 0, 0, offset);
    case 0x6f:
      return word | jal(zero, offset);
    default:
      return word | jalr(zero, offset, zero);
  }
}

}  // namespace

RandomProgram::RandomProgram(std::uint64_t seed, std::size_t num_words) : random_(seed) {
  groups_.push_back(0);
  emit(addi(kCounter, zero, 20));
  while (words_.size() + kLongestGroup < num_words) {
    groups_.push_back(words_.size());
    emit_group();
  }
  groups_.push_back(words_.size());
  emit(jal(zero, -static_cast<int>(words_.size()) * 4));
  for (const Fixup& fixup : fixups_) {
    apply(fixup);
  }
}

std::vector<std::uint32_t> RandomProgram::registers(std::uint32_t data) {
  constexpr std::array<std::uint32_t, 8> kEdges = {0,          1,          0xffffffff, 0x80000000,
                                                   0x7fffffff, 0xffff8000, 0x0000ffff, 0x80000001};
  std::vector<std::uint32_t> values(32);
  for (std::size_t i = 1; i < values.size(); ++i) {
    values[i] =
        below(2) == 0 ? kEdges[random_() % kEdges.size()] : static_cast<std::uint32_t>(random_());
  }
  values[kMask] = kDataBytes - 4;
  values[kData] = data;
  values[kAddress] = data;
  values[kDataMiddle] = data + kDataBytes / 2;
  return values;
}

void RandomProgram::emit_group() {
  const int kind = below(100);
  if (kind < 35) {
    emit_register();
  } else if (kind < 60) {
    emit_immediate();
  } else if (kind < 80) {
    emit_access();
  } else if (kind < 86) {
    emit_atomic();
  } else if (kind < 96) {
    emit_branch();
  } else if (kind < 99) {
    emit_jump();
  } else {
    emit(fence());
  }
}

void RandomProgram::emit_register() {
  constexpr std::array<std::array<int, 2>, 18> kFunctions = {{{0, 0},
                                                              {0, 0x20},
                                                              {1, 0},
                                                              {2, 0},
                                                              {3, 0},
                                                              {4, 0},
                                                              {5, 0},
                                                              {5, 0x20},
                                                              {6, 0},
                                                              {7, 0},
                                                              {0, 1},
                                                              {1, 1},
                                                              {2, 1},
                                                              {3, 1},
                                                              {4, 1},
                                                              {5, 1},
                                                              {6, 1},
                                                              {7, 1}}};
  const auto [funct3, funct7] = kFunctions[random_() % kFunctions.size()];
  emit(r_type(0x33, funct3, funct7, destination(), source(), source()));
}

void RandomProgram::emit_immediate() {
  const int kind = below(10);
  if (kind >= 8) {
    emit(u_type(kind == 8 ? 0x37 : 0x17, destination(), static_cast<Word>(below(1 << 20))));
  } else if (kind == 1 || kind == 5) {
    const int arithmetic = kind == 5 && below(2) == 0 ? 0x400 : 0;
    emit(i_type(0x13, kind, destination(), source(), below(32) | arithmetic));
  } else {
    emit(i_type(0x13, kind, destination(), source(), below(4096)));
  }
}

void RandomProgram::emit_access() {
  const int size = below(3);
  const bool is_store = below(2) == 0;
  const int funct3 = is_store || size == 2 || below(2) == 0 ? size : size + 4;
  int base = kDataMiddle;
  int offset = (below(4096) - 2048) & -(1 << size);
  if (below(3) == 0) {
    emit_computed_address(1 << size);
    base = kAddress;
    offset = 0;
  }
  emit(is_store ? s_type(0x23, funct3, source(), base, offset)
                : i_type(0x03, funct3, destination(), base, offset));
}

/// x29 = a word of the data region, plus a multiple of `alignment` below 4.
void RandomProgram::emit_computed_address(int alignment) {
  emit(r_type(0x33, 7, 0, kAddress, source(), kMask));
  emit(add(kAddress, kAddress, kData));
  emit(addi(kAddress, kAddress, below(4) & -alignment));
}

void RandomProgram::emit_atomic() {
  emit_computed_address(4);
  if (below(4) == 0) {  // a pair, sometimes without its load
    if (below(4) != 0) {
      emit(lr(destination(), kAddress));
    }
    emit(sc(destination(), source(), kAddress));
    return;
  }
  constexpr std::array<int, 9> kFunctions = {0, 1, 4, 8, 12, 16, 20, 24, 28};
  emit(amo(kFunctions[random_() % kFunctions.size()], destination(), source(), kAddress));
}

void RandomProgram::emit_branch() {
  constexpr std::array<int, 6> kFunctions = {0, 1, 4, 5, 6, 7};
  const std::size_t here = groups_.size() - 1;
  if (below(8) == 0 && here > 8) {
    emit(addi(kCounter, kCounter, -1));
    fixups_.push_back({words_.size(), here - 1 - random_() % 8, words_.size()});
    emit(below(2) == 0 ? b_type(4, zero, kCounter, 0) : b_type(5, kCounter, zero, 0));
    return;
  }
  fixups_.push_back({words_.size(), later_group(), words_.size()});
  emit(b_type(kFunctions[random_() % kFunctions.size()], source(), source(), 0));
}

void RandomProgram::emit_jump() {
  if (below(2) == 0) {
    fixups_.push_back({words_.size(), later_group(), words_.size()});
    emit(jal(destination(), 0));
    return;
  }
  emit(auipc(kLink, 0));
  fixups_.push_back({words_.size(), later_group(), words_.size() - 1});
  emit(jalr(below(4) == 0 ? kLink : destination(), 0, kLink));
}

std::size_t RandomProgram::later_group() {
  return groups_.size() + random_() % 40;
}

void RandomProgram::apply(const Fixup& fixup) {
  const std::size_t group = std::min(fixup.target_group, groups_.size() - 1);
  const auto distance = static_cast<std::ptrdiff_t>(groups_[group] - fixup.origin);
  words_[fixup.word] = with_offset(words_[fixup.word], static_cast<int>(distance) * 4);
}

}  // namespace tessera::isa::test
