#pragma once

#include <cstddef>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace isocenter::net {

/// Event loops, each run by one thread of its own: what is started on a loop stays on its thread and needs no
/// locks against itself. Nothing that blocks may run here.
class IoThreads {
  public:
    explicit IoThreads(std::size_t count);
    /// As stop().
    ~IoThreads();
    IoThreads(const IoThreads&) = delete;
    IoThreads& operator=(const IoThreads&) = delete;
    std::size_t count() const;
    boost::asio::io_context& loop(std::size_t index);
    void start();
    /// Lets each loop end once it has nothing left to do, and joins.
    void stop();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::net
