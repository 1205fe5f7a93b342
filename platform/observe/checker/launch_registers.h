// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "models/base/address_range.h"
#include "models/base/probe.h"

namespace tessera {

/// The registers of a device that say what it is to do.
struct LaunchRules {
  struct Register {
    std::uint32_t offset;  ///< from the base of `registers`
    const char* name;
    /// Says what the launch is about, so that each launch writes it; else it may stay from job to
    /// job, once it is written.
    bool is_of_launch;
    /// Not needed where the mode register has one of these bits.
    std::uint32_t not_with = 0;
  };

  AgentId device;
  AddressRange registers;
  std::vector<Register> needed;
  /// Reading this register gives the set of registers that is written from then on, until the
  /// launch; no such register: there is one set.
  std::optional<std::uint32_t> set_register;
  std::optional<std::uint32_t> mode_register;
  /// Writing this register clears all sets.
  std::optional<std::uint32_t> clear_register;
};

/// Finds launches with registers that nobody has written for them.
class LaunchRegisters {
 public:
  explicit LaunchRegisters(std::vector<LaunchRules> rules);

  /// By a hart. Returns whether a register that launches need is written.
  bool accessed(const MemoryAccess& access);
  std::vector<AddressRange> ranges() const;

  struct Stale {
    const char* name;
    std::optional<std::uint64_t> former;  ///< number of the launch it was written for; none: never
  };
  /// The device is launched for the `number`th time. Returns the first register that is not meant
  /// for that.
  std::optional<Stale> launched(AgentId device, std::uint64_t number);

 private:
  struct Set {
    std::map<std::uint32_t, bool> written;  ///< by offset; false: for a former launch
    std::uint32_t mode = 0;
    std::optional<std::uint64_t> former;  ///< launch
  };
  struct Device {
    LaunchRules rules;
    std::map<std::uint32_t, Set> sets;
    std::uint32_t current = 0;
  };

  std::vector<Device> devices_;
};

}  // namespace tessera
