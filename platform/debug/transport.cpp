// SPDX-License-Identifier: Apache-2.0
#include "platform/debug/transport.h"

#include <cerrno>
#include <memory>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/host_error.h"

namespace tessera::debug {

namespace {

/// False when nothing comes in time, or a signal does.
bool wait_for_input(int handle, std::chrono::milliseconds timeout) {
  pollfd event{handle, POLLIN, 0};
  return ::poll(&event, 1, static_cast<int>(timeout.count())) > 0;
}

void close_if_open(int& handle) {
  if (handle >= 0) {
    ::close(handle);
    handle = -1;
  }
}

sockaddr_in6 own_address(int listener) {
  sockaddr_in6 address{};
  socklen_t bytes = sizeof address;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &bytes);
  return address;
}

int open_listener(const addrinfo& where) {
  int handle = ::socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC, where.ai_protocol);
  const int yes = 1;
  if (handle >= 0 &&
      (::setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
       ::bind(handle, where.ai_addr, where.ai_addrlen) != 0 || ::listen(handle, 1) != 0)) {
    const int reason = errno;
    close_if_open(handle);
    errno = reason;
  }
  return handle;
}

}  // namespace

Transport::Transport(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    throw ConfigError("--gdb", fmt::format("host '{}': {}", host, ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
  handles_.listener = open_listener(*all);
  if (handles_.listener < 0) {
    throw ConfigError("--gdb", fmt::format("cannot listen on {}:{}{}", host, port, host_reason()));
  }
}

Transport::Transport(const Handles& handles) : handles_(handles) {
  ::fcntl(handles_.listener, F_SETFD, FD_CLOEXEC);
  ::fcntl(handles_.connection, F_SETFD, FD_CLOEXEC);
}

Transport::~Transport() {
  close_if_open(handles_.connection);
  close_if_open(handles_.listener);
}

std::string Transport::address() const {
  const sockaddr_in6 address = own_address(handles_.listener);
  char text[INET6_ADDRSTRLEN] = "";
  if (address.sin6_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
    return fmt::format("[{}]:{}", text, port());
  }
  ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  return fmt::format("{}:{}", text, port());
}

std::uint16_t Transport::port() const {
  return ntohs(own_address(handles_.listener).sin6_port);  // at the same place for both families
}

bool Transport::accept(std::chrono::milliseconds timeout) {
  if (is_connected() || !wait_for_input(handles_.listener, timeout)) {
    return is_connected();
  }
  handles_.connection = ::accept4(handles_.listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (is_connected()) {
    // Commands are small, and each waits for its reply.
    const int yes = 1;
    ::setsockopt(handles_.connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }
  return is_connected();
}

bool Transport::refuse_another() {
  if (!is_connected() || !wait_for_input(handles_.listener, std::chrono::milliseconds{0})) {
    return false;
  }
  int other = ::accept4(handles_.listener, nullptr, nullptr, SOCK_CLOEXEC);
  const bool has_come = other >= 0;
  close_if_open(other);
  return has_come;
}

std::string Transport::receive(std::chrono::milliseconds timeout) {
  if (!is_connected() || !wait_for_input(handles_.connection, timeout)) {
    return "";
  }
  char bytes[4096];
  const ssize_t count = ::recv(handles_.connection, bytes, sizeof bytes, MSG_DONTWAIT);
  if (count > 0) {
    return std::string(bytes, static_cast<std::size_t>(count));
  }
  if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
    disconnect();
  }
  return "";
}

void Transport::send(std::string_view bytes) {
  while (is_connected() && !bytes.empty()) {
    const ssize_t count = ::send(handles_.connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      disconnect();
    }
  }
}

void Transport::disconnect() {
  close_if_open(handles_.connection);
}

Transport::Handles Transport::hand_over() {
  ::fcntl(handles_.listener, F_SETFD, 0);
  ::fcntl(handles_.connection, F_SETFD, 0);
  return handles_;
}

}  // namespace tessera::debug
