// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/base/axi_port.h"
#include "models/base/bank_port.h"
#include "models/base/hart_access.h"
#include "models/base/l1_layout.h"
#include "models/base/memory_port.h"
#include "models/base/stat.h"
#include "models/base/steppable.h"
#include "models/interconnect/fabric.h"
#include "models/interconnect/l1_network_parameters.h"
#include "models/interconnect/l1_network_plan.h"
#include "models/interconnect/wiring.h"

namespace tessera {

/// The way from the harts to the banks of the L1 and back, and the timing of the banks: tile
/// crossbars, the network between the tiles, arbiters, registers, bank adapters.
///
/// Timing: a load accepted in cycle c by a bank of the own tile answers in c + 1; every register on
/// the way there or back adds one cycle (README). An access takes effect in the cycle in which its
/// bank accepts it; the response carries its result.
/// Source: mempool_tile.sv, mempool_group.sv, mempool_cluster.sv, tcdm_adapter.sv of MemPool.
class L1Network final : public MemoryPort {
 public:
  /// `l1` performs the accesses; addresses are those that harts use. Throws ConfigError when the
  /// parameters do not make a network.
  L1Network(const L1NetworkParameters& parameters, HartPort& l1, StatGroup& parent_stats);
  /// The same with a topology of one's own.
  L1Network(const L1NetworkParameters& parameters, const Wiring& wiring, HartPort& l1,
            StatGroup& parent_stats);
  L1Network(const L1Network&) = delete;
  L1Network& operator=(const L1Network&) = delete;
  /// Set once, before the first step.
  void set_client(MemoryClient& client) { client_ = &client; }

  bool is_pending(std::uint32_t hart) const override { return requests_.is_waiting(hart); }
  /// REQUIRES: the address is in L1. Any number of requests of a hart may be under way.
  void request(const MemoryRequest& request) override;

  /// Parts 1 and 6 of a cycle (models/core/cycle_loop.h).
  Steppable& response_side() { return response_side_; }
  Steppable& request_side() { return request_side_; }
  /// Where the DMA back-end of `group` reaches the banks. REQUIRES for an access: the response side
  /// has been stepped in this cycle, the request side has not.
  WideL1Port& wide_port(std::uint32_t group) { return wide_ports_[group]; }
  /// A port of the accelerator `index` on the banks of its slots. Its owner steps behind the
  /// request side. REQUIRES: index < num_groups * accelerators_per_group.
  std::unique_ptr<BankPort> bank_port(std::uint32_t index);
  /// A port on all banks, for accesses of up to 64 words. Its owner steps behind the request side.
  std::unique_ptr<BankPort> whole_port();
  /// No request is pending or under way.
  bool is_drained() const { return requests_.is_empty() && responses_.is_empty(); }

  /// Accesses of the harts of one tile to the banks of another one.
  std::uint64_t accesses(std::uint32_t from_tile, std::uint32_t to_tile) const {
    const std::size_t place = from_tile * parameters_.num_tiles() + to_tile;
    return more_accesses_[place] + accesses_[place];
  }

 private:
  class RequestSide final : public Steppable {
   public:
    explicit RequestSide(L1Network& network) : network_(network) {}
    Cycles next_active_cycle(Cycles from) const override;
    void step(Cycles cycle) override;

   private:
    L1Network& network_;
  };
  class ResponseSide final : public Steppable {
   public:
    explicit ResponseSide(L1Network& network) : network_(network) {}
    Cycles next_active_cycle(Cycles from) const override;
    void step(Cycles cycle) override;

   private:
    L1Network& network_;
  };
  class WidePort final : public WideL1Port {
   public:
    explicit WidePort(L1Network& network) : network_(network) {}
    bool access(std::uint32_t raw_address, std::uint32_t bytes, bool is_write) override;
    bool has_answer(std::uint32_t raw_address, std::uint32_t bytes) const override;
    void take_answer(std::uint32_t raw_address, std::uint32_t bytes) override;

   private:
    L1Network& network_;
  };
  /// A port of an accelerator. Its own answers never wait: they are taken in the next cycle.
  class AcceleratorPort final : public BankPort {
   public:
    /// On the banks of one accelerator.
    AcceleratorPort(L1Network& network, std::uint32_t base, std::uint32_t first_bank)
        : network_(network), base_(base), first_bank_(first_bank), is_whole_(false) {}
    /// On all banks.
    explicit AcceleratorPort(L1Network& network) : network_(network), is_whole_(true) {}
    void announce(std::uint32_t address, std::uint32_t bytes) override;
    bool ask() override;

   private:
    static constexpr std::size_t kMaxWords = 64;

    void list_banks(std::uint32_t address, std::uint32_t bytes);
    bool can_reserve(Cycles cycle) const;
    std::uint64_t accesses_of_others() const;

    L1Network& network_;
    const std::uint32_t base_ = 0;        ///< address of the region
    const std::uint32_t first_bank_ = 0;  ///< of the region
    const bool is_whole_;
    std::array<std::uint16_t, kMaxWords> banks_{};  ///< of the access
    std::size_t words_ = 0;
    std::uint64_t accesses_before_ = 0;
    bool is_turn_ = false;      ///< round robin: the access goes before the others
    bool is_reserved_ = false;  ///< the others are kept from the banks in the coming cycle
  };
  /// Where the request fabric delivers.
  struct Banks {
    L1Network& network;
    bool can_take(std::uint32_t bank, Cycles cycle) const;
    void take(std::uint32_t bank, Token token, std::uint32_t input, Cycles cycle);
  };
  /// Where the response fabric delivers.
  struct Harts {
    L1Network& network;
    bool can_take(std::uint32_t hart, Cycles cycle) const;
    void take(std::uint32_t hart, Token token, std::uint32_t input, Cycles cycle);
  };
  struct HartPlace {
    std::uint16_t tile;          ///< as the fabrics number them
    std::uint16_t arbiter;       ///< of the responses: for those of the own tile
    std::uint32_t first_access;  ///< place of its tile's row in accesses_
  };
  /// The tile of a bank, as the fabrics number them.
  struct BankTile {
    std::uint16_t harts;       ///< inputs of the banks' arbiters; ports follow
    std::uint16_t first_port;  ///< place in port_arbiters_
  };
  struct BankCounters {
    std::uint64_t amos = 0;
    std::uint64_t wide_accesses = 0;
  };
  /// The banks of one AXI word. An answer that is taken in the cycle after its access never enters
  /// the FIFOs of the banks.
  struct Superbank {
    std::uint64_t granted = 0;  ///< banks that have granted the access that waits for the others
    std::uint32_t answers = 0;  ///< accesses whose answers stand in the FIFOs of the banks
    Cycles fresh = kNever;      ///< cycle of the access whose answer has not entered them
  };

  L1Network(const L1NetworkParameters& parameters, const L1NetworkPlan& plan, bool is_flat,
            HartPort& l1, StatGroup& parent_stats);
  void place_harts(const L1NetworkPlan& plan);
  void place_banks(const L1NetworkPlan& plan);
  void map_addresses();
  void count_access(std::size_t place) {
    if (++accesses_[place] == 0) {
      more_accesses_[place] += std::uint64_t{1} << 16;
    }
  }
  void add_stats(const L1NetworkPlan& plan, StatGroup& stats);
  std::uint32_t num_wide_banks() const;
  std::uint32_t banks_per_accelerator() const {
    return parameters_.slots_per_accelerator() * parameters_.banks_per_tile;
  }
  std::uint32_t first_wide_bank(std::uint32_t raw_address, std::uint32_t bytes) const;
  bool claim(std::uint32_t first_bank);
  bool claim_one_by_one(Superbank& superbank, std::uint32_t first_bank);
  bool has_wide_answer(std::uint32_t first_bank) const;
  void take_wide_answer(std::uint32_t first_bank);
  void store_answer(std::uint32_t superbank);
  /// Answers that could have been taken in this cycle and were not enter the FIFOs.
  void store_answers();

  const L1NetworkParameters parameters_;
  const L1Layout layout_;
  const bool is_flat_;
  HartPort& l1_;
  const std::uint8_t* const l1_bytes_;  ///< for prefetching; may be null
  MemoryClient* client_ = nullptr;
  Cycles cycle_ = 0;  ///< that the response side was stepped in last

  std::vector<MemoryRequest> in_flight_;  ///< per token; access.data becomes the result
  std::vector<Token> free_tokens_;
  Fabric requests_;
  Fabric responses_;
  std::vector<HartPlace> hart_places_;
  std::vector<BankTile> bank_tiles_;
  std::vector<std::uint16_t> port_arbiters_;  ///< of the responses
  std::vector<BankCounters> bank_counters_;
  std::uint32_t bank_shift_ = 0;  ///< banks per tile, as a power of two
  std::uint32_t bank_mask_ = 0;
  std::vector<std::uint16_t> map_;  ///< tile of every row of a tile, in the order of addresses
  std::vector<Superbank> superbanks_;
  std::vector<std::uint32_t> fresh_superbanks_;  ///< with a fresh answer, or one that was taken
  /// [from tile][to tile]: the low bits in few bytes, for one is counted at every request; the
  /// rest.
  std::vector<std::uint16_t> accesses_;
  std::vector<std::uint64_t> more_accesses_;

  RequestSide request_side_{*this};
  ResponseSide response_side_{*this};
  std::vector<WidePort> wide_ports_;
};

}  // namespace tessera
