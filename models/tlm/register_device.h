// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "models/tlm/clock_domain.h"
#include "models/tlm/register_bank.h"

namespace tessera {

/// A device that is reached through registers: target socket plus RegisterBank. Derived models
/// declare registers in their constructor and override advance_to() when they hold timed work.
class RegisterDevice : public sc_core::sc_module {
 public:
  ::tlm_utils::simple_target_socket<RegisterDevice> target_socket{"target_socket"};

  /// What the device is at work on, or holds back, in words; empty: nothing. For reports.
  virtual std::string activity() const { return ""; }
  /// Its registers as they are now, without side effects.
  std::vector<RegisterValue> register_values() const { return registers_.values(clock_.now()); }

 protected:
  RegisterDevice(const sc_core::sc_module_name& name, const ClockDomain& clock,
                 std::uint32_t unmapped_value)
      : sc_module(name), clock_(clock), registers_(this->name(), unmapped_value) {
    target_socket.register_b_transport(this, &RegisterDevice::b_transport);
    target_socket.register_transport_dbg(this, &RegisterDevice::transport_dbg);
    sc_core::sc_spawn(
        [this] {
          while (true) {
            sc_core::wait(advance_event_);
            advance_to(clock_.now());
          }
        },
        "advance");
  }

  /// Brings the device's state to local time `cycle` of an initiator that runs ahead of the kernel,
  /// before a register is touched: work that ends by then is completed.
  virtual void advance_to(Cycles /*cycle*/) {}
  /// Has advance_to() called at `cycle` (at once if that has passed) even when nobody touches a
  /// register. Replaces what was scheduled before.
  void schedule_advance(Cycles cycle) {
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    advance_event_.cancel();
    advance_event_.notify(std::max(clock_.time(cycle), now) - now);
  }
  void cancel_advance() { advance_event_.cancel(); }
  /// Address as decoded by the bus -> register offset (aliases, partial decoding).
  virtual std::uint32_t decode(std::uint64_t address) const {
    return static_cast<std::uint32_t>(address);
  }

  const ClockDomain& clock_;
  RegisterBank registers_;

 private:
  sc_core::sc_event advance_event_{"advance_event"};

  void b_transport(::tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    const Cycles cycle = clock_.cycles(sc_core::sc_time_stamp() + delay);
    advance_to(cycle);
    const auto address = trans.get_address();
    trans.set_address(decode(address));
    registers_.transport(trans, cycle);
    trans.set_address(address);
  }
  unsigned transport_dbg(::tlm::tlm_generic_payload& trans) {
    const auto address = trans.get_address();
    trans.set_address(decode(address));
    const unsigned bytes = registers_.transport_dbg(trans, clock_.now());
    trans.set_address(address);
    return bytes;
  }
};

}  // namespace tessera
