// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "models/base/observers.h"
#include "models/isa/interpreter.h"
#include "tests/unit/isa/assembler.h"

namespace tessera::isa::test {

/// The smallest machine around the interpreter: one hart, memory with DMI at kMemory, a device at
/// kDevice that answers 0xd0000000 | offset, everything that the environment is told kept in lists.
class Machine : public HartEnvironment {
 public:
  static constexpr std::uint32_t kMemory = 0x80000000;
  static constexpr std::uint32_t kMemoryBytes = 1u << 20;
  static constexpr std::uint32_t kData = kMemory + 0x10000;
  static constexpr std::uint32_t kDevice = 0x40000000;
  static constexpr std::uint32_t kTrapAddress = kMemory + 0x8000;

  struct Error {
    GuestErrorKind kind;
    std::uint32_t pc;
    std::uint32_t address;
    std::string message;
  };
  struct Dump {
    std::uint32_t csr;
    std::uint32_t value;
    Cycles cycle;
  };

  explicit Machine(bool has_dmi = true, IsaConfig config = {true, true, kTrapAddress})
      : memory(kMemoryBytes), interpreter(config, dmi, *this, observers) {
    dmi.map(kMemory, kMemoryBytes, memory.data(), true, has_dmi);
    if (!has_dmi) {
      dmi.unmap(kData, kMemoryBytes - (kData - kMemory));
    }
    hart.pc = kMemory;
  }

  /// A new hart at the start of memory, lists empty; memory stays.
  void restart() {
    hart = {};
    hart.pc = kMemory;
    accesses.clear();
    errors.clear();
    dumps.clear();
    unsupported_names.clear();
    breakpoints.clear();
  }
  void load(std::initializer_list<Word> program, std::uint32_t address = kMemory) {
    for (const Word word : program) {
      poke(address, word);
      address += 4;
    }
  }
  void poke(std::uint32_t address, Word word) {
    std::memcpy(memory.data() + (address - kMemory), &word, 4);
    interpreter.invalidate_code(address, 4);
  }
  Word peek(std::uint32_t address) const {
    Word word = 0;
    std::memcpy(&word, memory.data() + (address - kMemory), 4);
    return word;
  }
  StopReason run(Cycles budget) { return interpreter.run(hart, budget); }
  std::uint32_t& x(int index) { return hart.x[static_cast<std::size_t>(index)]; }

  HartReply access(const HartAccess& access) override {
    accesses.push_back(access);
    if (pending_accesses > 0) {
      --pending_accesses;
      return {AccessStatus::kPending, 0, 0};
    }
    if (stop_at_access) {
      interpreter.request_stop();
    }
    if (limit_at_access) {
      interpreter.limit_run_to(*limit_at_access);
    }
    const std::uint32_t offset = access.address - kMemory;
    if (offset >= kMemoryBytes) {
      return {AccessStatus::kDone, 0xd0000000u | (access.address & 0xffff), device_extra_cycles};
    }
    return {AccessStatus::kDone, access_memory(access, memory.data() + offset), 0};
  }
  void dump_csr(const HartState& who, std::uint32_t csr, std::uint32_t value) override {
    dumps.push_back({csr, value, who.cycle});
  }
  void trace_switched(const HartState& who) override { trace_switches.push_back(who.trace); }
  void guest_error(const HartState& who, GuestErrorKind kind, std::uint32_t address,
                   const std::string& message) override {
    errors.push_back({kind, who.pc, address, message});
    if (stop_at_error) {
      interpreter.request_stop();
    }
  }
  void unsupported(const HartState&, const std::string& name) override {
    unsupported_names.push_back(name);
  }
  void breakpoint(const HartState& who) override { breakpoints.push_back(who.pc); }
  bool pc_reached(const HartState& who) override {
    reached_pcs.push_back(who.pc);
    return !at_pc || at_pc(who);
  }

  std::vector<std::uint8_t> memory;
  DmiTable dmi;
  Observers observers;
  Interpreter interpreter;
  HartState hart;

  std::function<bool(const HartState&)> at_pc;  ///< answers pc_reached()
  Cycles device_extra_cycles = 0;
  int pending_accesses = 0;
  bool stop_at_access = false;
  bool stop_at_error = false;
  std::optional<Cycles> limit_at_access;
  std::vector<HartAccess> accesses;
  std::vector<Error> errors;
  std::vector<Dump> dumps;
  std::vector<std::uint32_t> trace_switches;  ///< values of CSR trace when it was switched
  std::vector<std::string> unsupported_names;
  std::vector<std::uint32_t> breakpoints;
  std::vector<std::uint32_t> reached_pcs;

 private:
  /// One hart, so a reservation is an address.
  std::uint32_t access_memory(const HartAccess& access, std::uint8_t* host) {
    Word old = 0;
    std::memcpy(&old, host, access.bytes);
    Word next = access.data;
    switch (access.kind) {
      case AccessKind::kLoad:
        return old;
      case AccessKind::kLoadReserved:
        reservation_ = access.address;
        return old;
      case AccessKind::kStoreConditional: {
        const bool is_reserved = reservation_ == access.address;
        reservation_.reset();
        if (!is_reserved) {
          return 1;
        }
        old = 0;
        break;
      }
      case AccessKind::kStore:
        break;
      default:
        next = amo_result(access.kind, old, access.data);
        break;
    }
    std::memcpy(host, &next, access.bytes);
    interpreter.invalidate_code(access.address, access.bytes);
    return old;
  }

  std::optional<std::uint32_t> reservation_;
};

}  // namespace tessera::isa::test
