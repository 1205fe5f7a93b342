// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/base/memory_port.h"
#include "models/base/register_fifo.h"
#include "models/base/units.h"

namespace tessera {

/// A hart's access on its way through the SoC side, from acceptance to response.
struct HartTransaction {
  MemoryRequest request;
  std::uint32_t data = 0;  ///< of the response, once performed
};

/// Performs a hart's access in cycle `now`; false: not done yet, call again in the next cycle.
inline bool perform(SocTarget& target, HartTransaction& hart, Cycles now) {
  hart.request.access.cycle = now;
  const HartReply reply = target.access(hart.request.access);
  hart.data = reply.data;
  return reply.status == AccessStatus::kDone;
}

/// One AW or AR.
struct AxiRequest {
  std::uint32_t address = 0;
  std::uint32_t tag = 0;            ///< the source's own name for it; comes back with the response
  std::uint16_t source = 0;         ///< AXI id: responses of one source come in order
  std::uint16_t beats = 1;          ///< of the bus width, or narrower when there is only one
  std::uint8_t master = 0;          ///< group port of the system it came through
  bool is_atomic = false;           ///< AXI5 atomic: answered on R and on B
  bool is_exclusive = false;        ///< LR, SC: never cached
  HartTransaction* hart = nullptr;  ///< null: a refill or a burst of a device
};

/// One R beat or one B.
struct AxiResponse {
  std::uint32_t tag = 0;
  std::uint16_t source = 0;
  std::uint8_t master = 0;
  bool is_last = true;
};

inline AxiResponse response_to(const AxiRequest& request, bool is_last = true) {
  return {request.tag, request.source, request.master, is_last};
}

/// A register in a channel that cuts both of its ways. Source: spill_register.sv.
template <typename T>
using ChannelRegister = RegisterFifo<T, 2>;

/// The five channels of an AXI port, each with its register: axi_cut, or the outputs of an axi_mux.
/// An item of `data` is one W beat: true when it is the last of its burst.
struct AxiChannels {
  ChannelRegister<AxiRequest> reads;
  ChannelRegister<AxiRequest> writes;
  ChannelRegister<bool> data;
  ChannelRegister<AxiResponse> read_responses;
  ChannelRegister<AxiResponse> write_responses;
};

/// Which inputs of a mux have something in their address registers; the mux looks at no others.
struct AddressRequests {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
};

/// A counter in a register: changes show from the next cycle on.
class RegisteredCount {
 public:
  /// The value at the start of the cycle.
  std::uint32_t at_start(Cycles now) const { return changed_ == now ? at_start_ : value_; }
  /// With what has happened in this cycle so far.
  std::uint32_t value() const { return value_; }
  void add(std::int32_t delta, Cycles now) {
    if (changed_ != now) {
      changed_ = now;
      at_start_ = value_;
    }
    value_ = static_cast<std::uint32_t>(static_cast<std::int32_t>(value_) + delta);
  }

 private:
  std::uint32_t value_ = 0;
  std::uint32_t at_start_ = 0;
  Cycles changed_ = ~Cycles{0};
};

}  // namespace tessera
