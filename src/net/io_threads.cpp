#include "net/io_threads.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>
#include <vector>

namespace isocenter::net {
namespace asio = boost::asio;

struct IoThreads::State {
    struct Loop {
        asio::io_context context{1};
        asio::executor_work_guard<asio::io_context::executor_type> guard = asio::make_work_guard(context);
        std::thread thread;
    };
    std::vector<std::unique_ptr<Loop>> loops;
};

IoThreads::IoThreads(std::size_t count) : state_(std::make_unique<State>()) {
    for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i)
        state_->loops.push_back(std::make_unique<State::Loop>());
}

IoThreads::~IoThreads() {
    stop();
}

std::size_t IoThreads::count() const {
    return state_->loops.size();
}

asio::io_context& IoThreads::loop(std::size_t index) {
    return state_->loops[index]->context;
}

void IoThreads::start() {
    for (auto& loop : state_->loops)
        loop->thread = std::thread([context = &loop->context] { context->run(); });
}

void IoThreads::stop() {
    for (auto& loop : state_->loops)
        loop->guard.reset();
    for (auto& loop : state_->loops) {
        if (loop->thread.joinable()) loop->thread.join();
    }
}

}  // namespace isocenter::net
