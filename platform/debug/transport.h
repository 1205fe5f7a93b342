// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::debug {

/// A TCP port and the one client that is connected to it.
class Transport {
 public:
  /// Listens. `host`: a name or an address; port 0: any that is free. Throws ConfigError when that
  /// is not possible.
  Transport(const std::string& host, std::uint16_t port);
  /// Takes over from another process, see hand_over().
  struct Handles {
    int listener = -1;
    int connection = -1;
  };
  explicit Transport(const Handles& handles);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// "127.0.0.1:3333".
  std::string address() const;
  std::uint16_t port() const;

  bool is_connected() const { return handles_.connection >= 0; }
  /// True when a client has come; without one, waits at most this long.
  bool accept(std::chrono::milliseconds timeout);
  /// True when another client has come while one is connected; its connection is closed.
  bool refuse_another();
  /// What has come from the client, at least one byte when some come in time; empty otherwise.
  std::string receive(std::chrono::milliseconds timeout);
  /// A client that has gone is noticed and disconnected.
  void send(std::string_view bytes);
  void disconnect();
  /// Keeps both open in a program that replaces this one.
  Handles hand_over();

 private:
  Handles handles_;
};

}  // namespace tessera::debug
