// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/interconnect/reference_network.h"

namespace tessera::test {

std::optional<std::size_t> ReferenceNetwork::Arbiter::arbitrate(const std::vector<bool>& requests) {
  if (!is_locked_) {
    locked_requests_ = requests;
  }
  std::size_t first = 0;
  std::size_t size = 1;
  while (size < requests.size()) {
    size *= 2;
  }
  const auto any = [&](std::size_t from, std::size_t count) {
    for (std::size_t i = from; i < from + count && i < requests.size(); ++i) {
      if (locked_requests_[i]) {
        return true;
      }
    }
    return false;
  };
  is_requested_ = any(0, size);
  if (!is_requested_) {
    return std::nullopt;
  }
  while (size > 1) {
    size /= 2;
    const bool lower = any(first, size);
    const bool upper = any(first + size, size);
    if (!lower || (upper && (favoured_ & size) != 0)) {
      first += size;
    }
  }
  return first;
}

void ReferenceNetwork::Arbiter::clock(bool is_ready) {
  is_locked_ = locks_ && is_requested_ && !is_ready;
  if (!is_requested_ || !is_ready) {
    return;
  }
  const std::size_t inputs = locked_requests_.size();
  for (std::size_t step = 1; step <= inputs; ++step) {
    const std::size_t i = (favoured_ + step) % inputs;
    if (locked_requests_[i]) {
      favoured_ = i;
      return;
    }
  }
}

ReferenceNetwork::ReferenceNetwork(const Shape& shape)
    : presented(shape.groups * shape.tiles * shape.cores),
      shape_(shape),
      tiles_(shape.groups * shape.tiles),
      banks_(tiles_ * shape.banks),
      requests_(make_direction()),
      responses_(make_direction()),
      request_ports_(tiles_, {shape.groups, Arbiter(shape.cores, true)}),
      response_ports_(tiles_, {shape.groups, Arbiter(shape.banks, true)}),
      bank_arbiters_(banks_.size(), Arbiter(shape.cores + shape.groups, true)),
      local_arbiters_(presented.size(), Arbiter(shape.banks, true)),
      remote_arbiters_(presented.size(), Arbiter(shape.groups, true)) {}

ReferenceNetwork::Direction ReferenceNetwork::make_direction() const {
  Direction direction;
  direction.leaving.assign(tiles_, std::vector<Fifo>(shape_.groups));
  direction.between = direction.leaving;
  direction.arriving = direction.leaving;
  direction.crossbar.assign(tiles_, {shape_.groups, Arbiter(shape_.tiles, false)});
  return direction;
}

std::vector<ReferenceNetwork::Access> ReferenceNetwork::step(
    const std::function<bool(std::uint32_t)>& is_ready) {
  std::vector<Access> answered;
  changes_.clear();
  step_responses(is_ready, answered);
  step_requests();
  for (const Change& change : changes_) {
    change();
  }
  return answered;
}

/// `leaving` and `crossbar` are indexed by where a token comes from and by the output inside its
/// group; `between` and `arriving` by the tile that it reaches.
std::vector<std::vector<std::optional<ReferenceNetwork::Token>>> ReferenceNetwork::transport(
    Direction& direction, const std::function<std::uint32_t(const Token&)>& target) {
  std::vector<std::vector<std::optional<Token>>> visible(
      tiles_, std::vector<std::optional<Token>>(shape_.groups));
  for (std::uint32_t to = 0; to < tiles_; ++to) {
    for (std::uint32_t port = 0; port < shape_.groups; ++port) {
      Fifo& arriving = direction.arriving[to][port];
      Fifo& between = direction.between[to][port];
      const bool is_free = arriving.empty();
      if (!is_free) {
        visible[to][port] = arriving.front();
      }
      const std::uint32_t first = (to / shape_.tiles ^ port) * shape_.tiles;
      std::vector<bool> wants(shape_.tiles);
      for (std::uint32_t i = 0; i < shape_.tiles; ++i) {
        const Fifo& leaving = direction.leaving[first + i][port];
        wants[i] = !leaving.empty() && target(leaving.front()) == to;
      }
      const bool is_registered = port > 0 && shape_.tiles > 1;
      const bool is_ready = is_registered ? between.size() < 2 : is_free;
      Arbiter& arbiter = direction.crossbar[to][port];
      const auto winner = arbiter.arbitrate(wants);
      if (winner && is_ready) {
        Fifo& leaving = direction.leaving[first + *winner][port];
        const Token token = leaving.front();
        changes_.push_back([&leaving] { leaving.pop_front(); });
        if (is_registered) {
          changes_.push_back([&between, token] { between.push_back(token); });
        } else {
          visible[to][port] = token;
        }
      }
      changes_.push_back([&arbiter, is_ready] { arbiter.clock(is_ready); });
      if (is_registered && is_free && !between.empty()) {
        visible[to][port] = between.front();
        changes_.push_back([&between] { between.pop_front(); });
      }
    }
  }
  return visible;
}

void ReferenceNetwork::step_responses(const std::function<bool(std::uint32_t)>& is_ready,
                                      std::vector<Access>& answered) {
  const auto arrived =
      transport(responses_, [&](const Token& token) { return tile_of(token.access.hart); });
  std::vector<bool> is_answered(banks_.size());
  const auto answer_of = [&](std::uint32_t tile, std::uint32_t number) -> const Token* {
    const Bank& from = bank(tile, number);
    return has_answer(from) ? &from.answers.front() : nullptr;
  };
  for (std::uint32_t tile = 0; tile < tiles_; ++tile) {
    for (std::uint32_t port = 0; port < shape_.groups; ++port) {
      std::vector<bool> wants(shape_.banks);
      for (std::uint32_t b = 0; b < shape_.banks; ++b) {
        const Token* token = answer_of(tile, b);
        wants[b] = token != nullptr && tile_of(token->access.hart) != tile && token->port == port;
      }
      Fifo& leaving = responses_.leaving[tile][port];
      const bool has_room = leaving.size() < 2;
      Arbiter& arbiter = response_ports_[tile][port];
      const auto winner = arbiter.arbitrate(wants);
      if (winner && has_room) {
        const auto number = static_cast<std::uint32_t>(*winner);
        is_answered[tile * shape_.banks + number] = true;
        const Token token = *answer_of(tile, number);
        changes_.push_back([&leaving, token] { leaving.push_back(token); });
      }
      changes_.push_back([&arbiter, has_room] { arbiter.clock(has_room); });
    }
    std::vector<bool> is_taken(shape_.groups);
    for (std::uint32_t lane = 0; lane < shape_.cores; ++lane) {
      const std::uint32_t hart = tile * shape_.cores + lane;
      std::vector<bool> from_ports(shape_.groups);
      for (std::uint32_t port = 0; port < shape_.groups; ++port) {
        from_ports[port] = arrived[tile][port] && arrived[tile][port]->access.hart == hart;
      }
      const bool hart_is_ready = is_ready(hart);
      const auto remote = remote_arbiters_[hart].arbitrate(from_ports);
      if (remote && hart_is_ready) {
        answered.push_back(arrived[tile][*remote]->access);
        is_taken[*remote] = true;
      }
      std::vector<bool> from_banks(shape_.banks);
      for (std::uint32_t b = 0; b < shape_.banks; ++b) {
        const Token* token = answer_of(tile, b);
        from_banks[b] = token != nullptr && token->access.hart == hart;
      }
      const bool local_is_ready = hart_is_ready && !remote;
      const auto local = local_arbiters_[hart].arbitrate(from_banks);
      if (local && local_is_ready) {
        const auto number = static_cast<std::uint32_t>(*local);
        is_answered[tile * shape_.banks + number] = true;
        answered.push_back(answer_of(tile, number)->access);
      }
      changes_.push_back([this, hart, hart_is_ready, local_is_ready] {
        remote_arbiters_[hart].clock(hart_is_ready);
        local_arbiters_[hart].clock(local_is_ready);
      });
    }
    for (std::uint32_t port = 0; port < shape_.groups; ++port) {
      keep(responses_, tile, port, arrived[tile][port], is_taken[port]);
    }
  }
  for (std::size_t b = 0; b < banks_.size(); ++b) {
    Bank& from = banks_[b];
    const bool is_popped = is_answered[b];
    changes_.push_back([&from, is_popped] {
      from.data += from.has_new_data;
      from.has_new_data = false;
      if (is_popped) {
        --from.data;
        from.answers.pop_front();
      }
    });
  }
}

void ReferenceNetwork::step_requests() {
  const auto arrived = transport(requests_, [](const Token& token) { return token.access.tile; });
  for (std::uint32_t tile = 0; tile < tiles_; ++tile) {
    for (std::uint32_t port = 0; port < shape_.groups; ++port) {
      std::vector<bool> wants(shape_.cores);
      for (std::uint32_t lane = 0; lane < shape_.cores; ++lane) {
        const auto& access = presented[tile * shape_.cores + lane];
        wants[lane] = access && access->tile != tile && port_to(tile, access->tile) == port;
      }
      Fifo& leaving = requests_.leaving[tile][port];
      const bool has_room = leaving.size() < 2;
      Arbiter& arbiter = request_ports_[tile][port];
      const auto winner = arbiter.arbitrate(wants);
      if (winner && has_room) {
        auto& access = presented[tile * shape_.cores + *winner];
        changes_.push_back([&leaving, &access, port] {
          leaving.push_back({*access, port});
          access.reset();
        });
      }
      changes_.push_back([&arbiter, has_room] { arbiter.clock(has_room); });
    }
    std::vector<bool> is_taken(shape_.groups);
    for (std::uint32_t b = 0; b < shape_.banks; ++b) {
      std::vector<bool> wants(shape_.cores + shape_.groups);
      for (std::uint32_t lane = 0; lane < shape_.cores; ++lane) {
        const auto& access = presented[tile * shape_.cores + lane];
        wants[lane] = access && access->tile == tile && access->bank == b;
      }
      for (std::uint32_t port = 0; port < shape_.groups; ++port) {
        const auto& token = arrived[tile][port];
        wants[shape_.cores + port] = token && token->access.bank == b;
      }
      Bank& to = bank(tile, b);
      const bool is_ready = to.data == 0 && !to.writes_amo;
      Arbiter& arbiter = bank_arbiters_[tile * shape_.banks + b];
      const auto winner = arbiter.arbitrate(wants);
      const bool is_accepted = winner && is_ready;
      bool is_amo = false;
      if (is_accepted && *winner < shape_.cores) {
        auto& access = presented[tile * shape_.cores + *winner];
        is_amo = access->is_amo;
        changes_.push_back([&to, &access] {
          to.answers.push_back({*access});
          access.reset();
        });
      } else if (is_accepted) {
        const auto port = static_cast<std::uint32_t>(*winner) - shape_.cores;
        const Token token = *arrived[tile][port];
        is_amo = token.access.is_amo;
        is_taken[port] = true;
        changes_.push_back([&to, token] { to.answers.push_back(token); });
      }
      changes_.push_back([&to, &arbiter, is_ready, is_accepted, is_amo] {
        arbiter.clock(is_ready);
        to.has_new_data = is_accepted;
        to.writes_amo = is_accepted && is_amo;
      });
    }
    for (std::uint32_t port = 0; port < shape_.groups; ++port) {
      keep(requests_, tile, port, arrived[tile][port], is_taken[port]);
    }
  }
}

/// What is visible behind a fall-through register and not taken stays in it.
void ReferenceNetwork::keep(Direction& direction, std::uint32_t tile, std::uint32_t port,
                            const std::optional<Token>& visible, bool is_taken) {
  Fifo& arriving = direction.arriving[tile][port];
  changes_.push_back([&arriving, visible, is_taken] {
    arriving.clear();
    if (visible && !is_taken) {
      arriving.push_back(*visible);
    }
  });
}

}  // namespace tessera::test
