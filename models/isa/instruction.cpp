// SPDX-License-Identifier: Apache-2.0
#include "models/isa/instruction.h"

#include <array>
#include <type_traits>

namespace tessera::isa {
namespace {

// clang-format off
constexpr std::array<InstructionInfo, kNumOps> make_table() {
  using namespace pattern;  // NOLINT(google-build-using-namespace): the rows read as in the manual
  using Class = InstructionClass;
  return {{
      {"illegal", {}, Format::kNone, Extension::kI, Class::kIllegal, 0, false, AccessKind::kLoad},
#define TESSERA_ROW(op, mnemonic, bits, format, extension, kind, ...) \
      {mnemonic, bits, Format::format, Extension::extension, Class::kind, 0, false, \
       AccessKind::kLoad},
      TESSERA_ISA_COMPUTE(TESSERA_ROW)
#undef TESSERA_ROW
#define TESSERA_ROW(op, mnemonic, bits, format, extension, ...) \
      {mnemonic, bits, Format::format, Extension::extension, Class::kBranch, 0, false, \
       AccessKind::kLoad},
      TESSERA_ISA_BRANCH(TESSERA_ROW)
#undef TESSERA_ROW
#define TESSERA_ROW(op, mnemonic, bits, format, extension, type) \
      {mnemonic, bits, Format::format, Extension::extension, Class::kLoad, sizeof(type), \
       std::is_signed_v<type>, AccessKind::kLoad},
      TESSERA_ISA_LOAD(TESSERA_ROW)
#undef TESSERA_ROW
#define TESSERA_ROW(op, mnemonic, bits, format, extension, type) \
      {mnemonic, bits, Format::format, Extension::extension, Class::kStore, sizeof(type), false, \
       AccessKind::kStore},
      TESSERA_ISA_STORE(TESSERA_ROW)
#undef TESSERA_ROW
#define TESSERA_ROW(op, mnemonic, bits, format, kind) \
      {mnemonic, bits, Format::format, Extension::kA, Class::kAtomic, 4, true, AccessKind::kind},
      TESSERA_ISA_ATOMIC(TESSERA_ROW)
#undef TESSERA_ROW
#define TESSERA_ROW(op, mnemonic, bits, format, extension, kind) \
      {mnemonic, bits, Format::format, Extension::extension, Class::kind, 0, false, \
       AccessKind::kLoad},
      TESSERA_ISA_JUMP(TESSERA_ROW)
      TESSERA_ISA_OTHER(TESSERA_ROW)
#undef TESSERA_ROW
#define TESSERA_ROW(op, mnemonic, bits, format) \
      {mnemonic, bits, Format::format, Extension::kFloat, Class::kFloat, 0, false, \
       AccessKind::kLoad},
      TESSERA_ISA_FLOAT(TESSERA_ROW)
#undef TESSERA_ROW
  }};
}
// clang-format on
constexpr std::array<InstructionInfo, kNumOps> kTable = make_table();

/// Rows that can match a word, by its opcode (bits 6:2) and funct3: a handful per bucket.
class DecodeIndex {
 public:
  DecodeIndex() {
    for (std::uint32_t bucket = 0; bucket < kNumBuckets; ++bucket) {
      begin_[bucket] = count_;
      for (std::size_t op = 1; op < kNumOps; ++op) {
        const Pattern pattern = kTable[op].pattern;
        if (((pattern.match ^ word_of(bucket)) & pattern.mask & kBucketMask) == 0) {
          ops_[count_++] = static_cast<Op>(op);
        }
      }
    }
    begin_[kNumBuckets] = count_;
  }

  Op find(std::uint32_t raw) const {
    if ((raw & 3) != 3) {
      return Op::kIllegal;  // no compressed instructions
    }
    const std::uint32_t bucket = (raw >> 2 & 31) << 3 | (raw >> 12 & 7);
    for (std::size_t i = begin_[bucket]; i < begin_[bucket + 1]; ++i) {
      if (matches(info(ops_[i]).pattern, raw)) {
        return ops_[i];
      }
    }
    return Op::kIllegal;
  }

 private:
  static constexpr std::uint32_t kNumBuckets = 256;
  static constexpr std::uint32_t kBucketMask = pattern::kMaskOpcode | pattern::kMaskFunct3;
  static std::uint32_t word_of(std::uint32_t bucket) {
    return (bucket >> 3) << 2 | (bucket & 7) << 12 | 3;
  }

  std::array<std::size_t, kNumBuckets + 1> begin_{};
  std::array<Op, kNumOps * 8> ops_{};  ///< a row without funct3 is in eight buckets
  std::size_t count_ = 0;
};

constexpr std::uint32_t bits(std::uint32_t raw, unsigned high, unsigned low) {
  return raw >> low & ((1u << (high - low + 1)) - 1);
}

constexpr std::int32_t sign_extend(std::uint32_t value, unsigned width) {
  return static_cast<std::int32_t>(value << (32 - width)) >> (32 - width);
}

std::int32_t immediate(std::uint32_t raw, Format format) {
  const std::uint32_t imm6 = bits(raw, 24, 20) << 1 | bits(raw, 25, 25);
  switch (format) {
    case Format::kI:
    case Format::kLoad:
    case Format::kLoadPost:
    case Format::kJumpRegister:
      return sign_extend(bits(raw, 31, 20), 12);
    case Format::kShift:
    case Format::kImm5:
      return static_cast<std::int32_t>(bits(raw, 24, 20));
    case Format::kU:
      return static_cast<std::int32_t>(raw & 0xfffff000);
    case Format::kImm6:
    case Format::kMacImm6:
      return sign_extend(imm6, 6);
    case Format::kImm6Unsigned:
    case Format::kMacImm6Unsigned:
      return static_cast<std::int32_t>(imm6);
    case Format::kStore:
    case Format::kStorePost:
      return sign_extend(bits(raw, 31, 25) << 5 | bits(raw, 11, 7), 12);
    case Format::kBranch:
    case Format::kBranchImmediate:
      return sign_extend(bits(raw, 31, 31) << 12 | bits(raw, 7, 7) << 11 | bits(raw, 30, 25) << 5 |
                             bits(raw, 11, 8) << 1,
                         13);
    case Format::kJump:
      return sign_extend(bits(raw, 31, 31) << 20 | bits(raw, 19, 12) << 12 |
                             bits(raw, 20, 20) << 11 | bits(raw, 30, 21) << 1,
                         21);
    case Format::kCsr:
    case Format::kCsrImmediate:
      return static_cast<std::int32_t>(bits(raw, 31, 20));
    default:
      return 0;
  }
}

std::uint8_t third_source(std::uint32_t raw, Format format) {
  return static_cast<std::uint8_t>(format == Format::kR4 ? bits(raw, 31, 27) : bits(raw, 11, 7));
}

bool is_enabled(Extension extension, const IsaConfig& config) {
  switch (extension) {
    case Extension::kXpulpimg:
      return config.xpulpimg;
    case Extension::kZifencei:
      return config.fence_i;
    default:
      return true;
  }
}

}  // namespace

const InstructionInfo& info(Op op) {
  return kTable[static_cast<std::size_t>(op)];
}

Instruction decode(std::uint32_t raw, const IsaConfig& config) {
  static const DecodeIndex index;
  Instruction instruction;
  instruction.raw = raw;
  const Op op = index.find(raw);
  if (!is_enabled(info(op).extension, config)) {
    return instruction;
  }
  const Format format = info(op).format;
  const Operands used = operands(format);
  instruction.op = op;
  instruction.rd = static_cast<std::uint8_t>(used.writes_rd ? bits(raw, 11, 7) : 0);
  instruction.rs1 = static_cast<std::uint8_t>(used.reads_rs1 ? bits(raw, 19, 15) : 0);
  instruction.rs2 = static_cast<std::uint8_t>(used.reads_rs2 ? bits(raw, 24, 20) : 0);
  instruction.rs3 = used.reads_rs3 ? third_source(raw, format) : std::uint8_t{0};
  instruction.imm = immediate(raw, format);
  if (format == Format::kBranchImmediate) {
    instruction.imm5 = static_cast<std::int8_t>(sign_extend(bits(raw, 24, 20), 5));
  } else if (format == Format::kCsrImmediate) {
    instruction.imm5 = static_cast<std::int8_t>(bits(raw, 19, 15));
  }
  return instruction;
}

}  // namespace tessera::isa
