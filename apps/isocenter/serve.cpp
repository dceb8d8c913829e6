#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/service.h"
#include "app/settings.h"
#include "commands.h"
#include "process.h"

namespace isocenter {
namespace {

struct ServeOptions {
    std::string config;
    std::string address;
    std::string port;
    std::string data;
    std::vector<std::string> set;
};

Result<app::Assignments> overrides_of(const ServeOptions& options) {
    ISO_TRY(app::Assignments overrides, assignments_of(options.set));
    if (!options.address.empty()) overrides.emplace_back("server.address", options.address);
    if (!options.port.empty()) overrides.emplace_back("server.port", options.port);
    if (!options.data.empty()) overrides.emplace_back("storage.folder", options.data);
    return overrides;
}

Status serve(const ServeOptions& options) {
    const sigset_t signals = block_stop_signals();
    ISO_TRY(const app::Assignments overrides, overrides_of(options));
    ISO_TRY(const app::Settings settings,
            app::load_settings(options.config, app::process_environment(), overrides));
    ISO_TRY(const std::unique_ptr<app::Service> service, app::Service::start(settings));
    std::printf("listening on %s\n", service->address().c_str());
    std::printf("  data in %s; Ctrl-C stops\n", settings.data_folder.c_str());
    std::fflush(stdout);
    int received = 0;
    sigwait(&signals, &received);
    service->stop();
    return {};
}

}  // namespace

void add_serve(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<ServeOptions>();
    CLI::App* serve_command = app.add_subcommand("serve", "Run the server (no configuration needed)");
    serve_command->add_option("--config", options->config,
                              "Configuration file (see `isocenter settings --toml`)");
    serve_command->add_option("--address", options->address, "Address to listen on [127.0.0.1]");
    serve_command->add_option("--port", options->port, "TCP port, 0: any free one [8080]");
    serve_command->add_option("--data", options->data, "Folder for database and objects [data]");
    add_set_option(*serve_command, options->set);
    serve_command->callback([options, &chosen] {
        chosen = [options] {
            const Status status = serve(*options);
            if (status.ok()) return 0;
            print_error(status.error());
            return 2;
        };
    });
}

}  // namespace isocenter
