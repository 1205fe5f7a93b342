// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tlm>

#include "models/base/probe.h"
#include "models/base/units.h"

namespace tessera {

/// Who touches a register, and when (local time of the initiator, in cycles of the device's clock).
struct RegisterAccess {
  std::uint32_t hart = kNoHart;
  std::uint32_t pc = 0;
  Cycles cycle = 0;
};

inline Cause cause_of(const RegisterAccess& access) {
  return {access.hart, access.pc, access.cycle};
}

enum class RegisterMode : std::uint8_t { kReadWrite, kReadOnly, kWriteOnly };

/// One 32-bit register: fields for every bit, optional callbacks. `value` is the stored word.
class Register {
 public:
  using WriteHandler = std::function<void(std::uint32_t value, const RegisterAccess&)>;

  Register(std::string name, std::uint32_t offset, RegisterMode mode, std::uint32_t reset);

  Register& field(unsigned lsb, unsigned width, const std::string& name);
  Register& flag(unsigned bit, const std::string& name) { return field(bit, 1, name); }
  Register& reserved(unsigned lsb, unsigned width);
  /// Value seen by a reader, instead of the stored one. No side effect on debug reads: see on_read.
  Register& value_from(std::function<std::uint32_t(Cycles cycle)> value);
  /// Side effect of a real (not debug) read; runs before the value is taken.
  Register& on_read(std::function<void(const RegisterAccess&)> handler);
  /// Runs after the writable bits have been stored; gets the stored word.
  Register& on_write(WriteHandler handler);

  const std::string& name() const { return name_; }
  std::uint32_t offset() const { return offset_; }
  std::uint32_t value = 0;

 private:
  friend class RegisterBank;
  struct Field {
    unsigned lsb;
    unsigned width;
    std::string name;  ///< empty: reserved, reads 0, writes ignored
  };
  std::uint32_t declared_mask() const;
  std::uint32_t named_mask() const;
  std::uint32_t read_value(Cycles cycle) const;

  std::string name_;
  std::uint32_t offset_;
  RegisterMode mode_;
  std::uint32_t reset_;
  std::vector<Field> fields_;
  std::function<std::uint32_t(Cycles)> value_from_;
  std::function<void(const RegisterAccess&)> on_read_;
  WriteHandler on_write_;
};

/// What a debugger shows of a register.
struct RegisterValue {
  std::string name;
  std::uint32_t offset = 0;            ///< in the device's registers
  std::optional<std::uint32_t> value;  ///< nothing: it can only be written
};

/// A block of 32-bit registers behind a TLM-2.0 target socket.
/// Errors: a write that is not one aligned word -> TLM_BYTE_ENABLE_ERROR_RESPONSE, nothing changed;
/// reads of any size inside one word are served; an undeclared offset reads as `unmapped_value`
/// and ignores writes.
class RegisterBank {
 public:
  RegisterBank(std::string name, std::uint32_t unmapped_value)
      : name_(std::move(name)), unmapped_value_(unmapped_value) {}

  /// Declares a register; its bits follow as fields. The reference stays valid.
  Register& add(const std::string& name, std::uint32_t offset,
                RegisterMode mode = RegisterMode::kReadWrite, std::uint32_t reset = 0);
  /// A register that is one 32-bit field of its own name.
  Register& add_word(const std::string& name, std::uint32_t offset,
                     RegisterMode mode = RegisterMode::kReadWrite, std::uint32_t reset = 0);
  /// Fails (our bug) when a register has undeclared bits. Call once, when all are added.
  void check_complete() const;
  void reset();

  std::uint32_t read(std::uint32_t offset, const RegisterAccess& access);
  void write(std::uint32_t offset, std::uint32_t value, const RegisterAccess& access);
  /// No side effect.
  std::uint32_t debug_read(std::uint32_t offset, Cycles cycle) const;
  /// All registers, by ascending offsets; no side effect.
  std::vector<RegisterValue> values(Cycles cycle) const;

  /// Serves a payload whose address is already an offset into this block; sets the response status.
  void transport(::tlm::tlm_generic_payload& trans, Cycles cycle);
  unsigned transport_dbg(::tlm::tlm_generic_payload& trans, Cycles cycle) const;

 private:
  std::string name_;
  std::uint32_t unmapped_value_;
  std::map<std::uint32_t, Register> registers_;
};

}  // namespace tessera
