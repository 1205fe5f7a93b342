// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace tessera::test {

/// MemPool's L1 network module by module, as the RTL is built: every register, FIFO and arbiter is
/// evaluated in every cycle from the state at its start, and all change together at its end. Slow
/// and obvious; what L1Network is compared with.
/// Source: mempool_tile.sv, mempool_group.sv, tcdm_adapter.sv, rr_arb_tree.sv.
class ReferenceNetwork {
 public:
  struct Shape {
    std::uint32_t groups;
    std::uint32_t tiles;  ///< of a group
    std::uint32_t cores;  ///< of a tile
    std::uint32_t banks;  ///< of a tile
  };
  struct Access {
    std::uint32_t hart;
    std::uint32_t tile;
    std::uint32_t bank;  ///< of the tile
    std::uint32_t tag;
    bool is_amo;
  };

  explicit ReferenceNetwork(const Shape& shape);

  /// What each hart presents; taken away when accepted.
  std::vector<std::optional<Access>> presented;
  /// One cycle; `is_ready(hart)`: the hart takes a response in it. Returns the answered accesses.
  std::vector<Access> step(const std::function<bool(std::uint32_t)>& is_ready);

 private:
  class Arbiter {
   public:
    Arbiter(std::size_t inputs, bool locks) : locks_(locks), locked_requests_(inputs) {}
    /// The winner among the requests. At most once per cycle.
    std::optional<std::size_t> arbitrate(const std::vector<bool>& requests);
    /// The end of the cycle: whether the output was ready.
    void clock(bool is_ready);

   private:
    bool locks_;
    bool is_locked_ = false;
    bool is_requested_ = false;
    std::size_t favoured_ = 0;
    std::vector<bool> locked_requests_;
  };
  struct Token {
    Access access;
    std::uint32_t port = 0;  ///< through which it reached the tile of its bank
  };
  using Fifo = std::deque<Token>;
  struct Bank {
    Fifo answers;            ///< metadata of accesses not yet answered
    std::uint32_t data = 0;  ///< answers in i_rdata_fifo
    bool has_new_data = false;
    bool writes_amo = false;
  };
  /// One direction between the tiles; index [tile][port].
  struct Direction {
    std::vector<std::vector<Fifo>> leaving;      ///< spill registers of the tiles
    std::vector<std::vector<Fifo>> between;      ///< spill registers behind the groups' crossbars
    std::vector<std::vector<Fifo>> arriving;     ///< fall-through registers of the tiles
    std::vector<std::vector<Arbiter>> crossbar;  ///< arbiters of the groups' crossbars
  };
  using Change = std::function<void()>;

  Direction make_direction() const;
  /// Moves tokens through the crossbars; returns what is visible behind the arriving registers.
  std::vector<std::vector<std::optional<Token>>> transport(
      Direction& direction, const std::function<std::uint32_t(const Token&)>& target);
  void keep(Direction& direction, std::uint32_t tile, std::uint32_t port,
            const std::optional<Token>& visible, bool is_taken);
  bool has_answer(const Bank& bank) const {
    return !bank.answers.empty() && (bank.data > 0 || bank.has_new_data);
  }
  void step_responses(const std::function<bool(std::uint32_t)>& is_ready,
                      std::vector<Access>& answered);
  void step_requests();
  std::uint32_t tile_of(std::uint32_t hart) const { return hart / shape_.cores; }
  std::uint32_t port_to(std::uint32_t from, std::uint32_t to) const {
    return from / shape_.tiles ^ to / shape_.tiles;
  }
  Bank& bank(std::uint32_t tile, std::uint32_t number) {
    return banks_[tile * shape_.banks + number];
  }

  const Shape shape_;
  std::uint32_t tiles_;
  std::vector<Bank> banks_;
  Direction requests_;
  Direction responses_;
  std::vector<std::vector<Arbiter>> request_ports_;   ///< [tile][port] among cores
  std::vector<std::vector<Arbiter>> response_ports_;  ///< [tile][port] among banks
  std::vector<Arbiter> bank_arbiters_;                ///< among cores and ports
  std::vector<Arbiter> local_arbiters_;               ///< [hart] among banks
  std::vector<Arbiter> remote_arbiters_;              ///< [hart] among ports
  std::vector<Change> changes_;                       ///< at the end of the cycle
};

}  // namespace tessera::test
