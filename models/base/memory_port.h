// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/base/hart_access.h"
#include "models/base/units.h"

namespace tessera {

/// One data access on its way in cycle timing. `tag` comes back with the response.
struct MemoryRequest {
  HartAccess access;
  std::uint32_t tag = 0;
};

/// Where the harts' accesses enter: the L1 network, or the tile's port to the SoC. Source: the two
/// sides of tcdm_shim.sv, MemPool. Every hart has one place there, which holds its request until it
/// is accepted; harts fill it in their part of a cycle, arbiters empty it in a later part.
class MemoryPort {
 public:
  virtual ~MemoryPort() = default;
  /// The hart's request has not been accepted yet.
  virtual bool is_pending(std::uint32_t hart) const = 0;
  /// Presents a request from this cycle on. REQUIRES: !is_pending(request.access.hart).
  virtual void request(const MemoryRequest& request) = 0;
};

/// Who gets the responses: the harts (or the traffic generator).
class MemoryClient {
 public:
  virtual ~MemoryClient() = default;
  /// A hart takes one response in a cycle. Source: snitch_addr_demux.sv, i_resp_stream_arbiter:
  /// remote before local before SoC.
  virtual bool is_response_port_free(std::uint32_t hart, Cycles cycle) const = 0;
  /// The response to `tag` reaches the hart in `cycle`: `data` is the zero-extended load data, the
  /// old value of an AMO, the SC result (as HartReply). Stores get one too.
  /// REQUIRES: is_response_port_free(hart, cycle).
  virtual void response(std::uint32_t hart, std::uint32_t tag, std::uint32_t data,
                        Cycles cycle) = 0;
};

/// Where the instruction caches of the tiles fetch their lines: the inner side of the AXI cut
/// behind each cache (axi_cache_slice in mempool_tile.sv).
class RefillPort {
 public:
  virtual ~RefillPort() = default;
  /// The tile's read address channel can take a refill in this cycle.
  virtual bool can_refill(std::uint32_t tile) const = 0;
  /// Asks for the line at `address` (aligned). REQUIRES: can_refill(tile).
  virtual void refill(std::uint32_t tile, std::uint32_t address, std::uint32_t bytes,
                      std::uint32_t tag) = 0;
};

class RefillClient {
 public:
  virtual ~RefillClient() = default;
  /// The last beat of the line leaves the cut towards the cache in `cycle`. The cache takes it at
  /// once or a few cycles later, never refuses it. Lines come in the order of their requests.
  virtual void refill_done(std::uint32_t tile, std::uint32_t tag, Cycles cycle) = 0;
};

/// What an access to the SoC side does, apart from its timing: L2, registers, external models.
class SocTarget {
 public:
  virtual ~SocTarget() = default;
  /// Performs the access as of `access.cycle`. kPending: an external model answers later; call
  /// again with the same access until it is done (one such access per tile at a time).
  virtual HartReply access(const HartAccess& access) = 0;
};

}  // namespace tessera
