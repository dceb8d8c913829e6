#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/settings.h"
#include "base/result.h"

namespace isocenter::app {

/// The running server: builds the object graph from settings, starts it, stops it in the reverse order. Used
/// by one thread.
class Service {
  public:
    /// `invalid_request`, `conflict` (folder or port in use) or `unavailable`, with a message for the person
    /// who starts it.
    static Result<std::unique_ptr<Service>> start(const Settings& settings);
    ~Service();
    /// `http://127.0.0.1:8080`: where a browser on this machine finds it.
    std::string address() const;
    /// Refuses new connections, lets requests end, then closes everything.
    void stop();

  private:
    struct Graph;
    explicit Service(std::unique_ptr<Graph> graph);
    std::unique_ptr<Graph> graph_;
};

}  // namespace isocenter::app
