// SPDX-License-Identifier: Apache-2.0
#include "models/axi/bus.h"

#include <algorithm>

#include "models/base/error.h"

namespace tessera {

Bus::Bus(const sc_core::sc_module_name& name, StatGroup& parent_stats) : sc_module(name) {
  target_socket.register_b_transport(this, &Bus::b_transport);
  target_socket.register_get_direct_mem_ptr(this, &Bus::get_direct_mem_ptr);
  target_socket.register_transport_dbg(this, &Bus::transport_dbg);
  initiator_socket.register_invalidate_direct_mem_ptr(this, &Bus::invalidate_direct_mem_ptr);
  StatGroup& stats = parent_stats.add_group(basename());
  stats.add("transactions", "count", "transactions of all initiators", &transactions_);
  stats.add("decode_errors", "count", "transactions that no target answers", &decode_errors_);
}

void Bus::add_window(const Window& window, int port) {
  const auto place = std::upper_bound(
      routes_.begin(), routes_.end(), window.base,
      [](std::uint64_t base, const Route& route) { return base < route.window.base; });
  if (place != routes_.begin()) {
    const Window& before = std::prev(place)->window;
    TESSERA_CHECK(before.base + before.bytes <= window.base, "bus windows {} and {} overlap",
                  before.name, window.name);
  }
  TESSERA_CHECK(place == routes_.end() || window.base + window.bytes <= place->window.base,
                "bus windows {} and {} overlap", window.name, place->window.name);
  routes_.insert(place, {window, port});
}

Bus::Destination Bus::decode(std::uint64_t address) const {
  const auto after = std::upper_bound(
      routes_.begin(), routes_.end(), address,
      [](std::uint64_t key, const Route& route) { return key < route.window.base; });
  if (after != routes_.begin()) {
    const Route& route = *std::prev(after);
    const std::uint64_t last = route.window.base + route.window.bytes - 1;
    if (address <= last) {
      return {route.port, route.window.origin, route.window.base, last};
    }
  }
  return {default_port_, 0, address, ~std::uint64_t{0}};
}

void Bus::b_transport(int /*port*/, ::tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
  ++transactions_;
  const std::uint64_t address = trans.get_address();
  const Destination destination = decode(address);
  if (destination.port == kNoPort || trans.get_data_length() == 0 ||
      trans.get_data_length() - 1 > destination.last - address) {
    ++decode_errors_;
    trans.set_response_status(::tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  trans.set_address(address - destination.origin);
  initiator_socket[destination.port]->b_transport(trans, delay);
  trans.set_address(address);
}

bool Bus::get_direct_mem_ptr(int /*port*/, ::tlm::tlm_generic_payload& trans, ::tlm::tlm_dmi& dmi) {
  const std::uint64_t address = trans.get_address();
  const Destination destination = decode(address);
  if (destination.port == kNoPort) {
    return false;
  }
  trans.set_address(address - destination.origin);
  const bool is_granted = initiator_socket[destination.port]->get_direct_mem_ptr(trans, dmi);
  trans.set_address(address);
  // Back to this side's addresses, and not beyond the window.
  const std::uint64_t start = dmi.get_start_address() + destination.origin;
  const std::uint64_t end = dmi.get_end_address() + destination.origin;
  if (start < destination.base) {
    dmi.set_dmi_ptr(dmi.get_dmi_ptr() + (destination.base - start));
  }
  dmi.set_start_address(std::max(start, destination.base));
  dmi.set_end_address(std::min(end, destination.last));
  return is_granted;
}

unsigned Bus::transport_dbg(int /*port*/, ::tlm::tlm_generic_payload& trans) {
  const std::uint64_t address = trans.get_address();
  const Destination destination = decode(address);
  if (destination.port == kNoPort || trans.get_data_length() == 0) {
    return 0;
  }
  const unsigned length = trans.get_data_length();
  trans.set_data_length(
      static_cast<unsigned>(std::min<std::uint64_t>(length - 1, destination.last - address) + 1));
  trans.set_address(address - destination.origin);
  const unsigned done = initiator_socket[destination.port]->transport_dbg(trans);
  trans.set_address(address);
  trans.set_data_length(length);
  return done;
}

void Bus::invalidate_direct_mem_ptr(int port, sc_dt::uint64 start, sc_dt::uint64 end) {
  for (const Route& route : routes_) {
    if (route.port == port) {
      for (int i = 0; i < static_cast<int>(target_socket.size()); ++i) {
        target_socket[i]->invalidate_direct_mem_ptr(start + route.window.origin,
                                                    end + route.window.origin);
      }
      return;
    }
  }
}

}  // namespace tessera
