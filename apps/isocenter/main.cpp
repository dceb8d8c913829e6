#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "commands.h"

namespace {

/// Says what is wrong with the command line; the exit code is 2, as of all that cannot be started.
int refuse(const CLI::App& app, const CLI::ParseError& error) {
    // Only words that fit nowhere are left: without a command they are the likely mistake.
    const std::vector<std::string> unknown = app.remaining(true);
    std::string message = error.what();
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !unknown.empty())
        message = (unknown.front().starts_with('-') ? "there is no option " : "there is no command ") +
                  unknown.front() + " here";
    std::fprintf(stderr, "isocenter: %s\nRun with --help for more information.\n", message.c_str());
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    // What is written here tells of patients: nothing of it is for other users of the machine.
    umask(umask(0) | 0027);
    CLI::App app{"Isocenter: a DICOMweb archive"};
    app.set_version_flag("--version", ISOCENTER_VERSION);
    app.require_subcommand(1);
    isocenter::Command chosen;
    isocenter::add_serve(app, chosen);
    isocenter::add_import(app, chosen);
    isocenter::add_verify(app, chosen);
    isocenter::add_cast(app, chosen);
    isocenter::add_cohort(app, chosen);
    isocenter::add_settings(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help and version come this way too.
        return error.get_exit_code() == 0 ? app.exit(error) : refuse(app, error);
    }
    try {
        return chosen();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "isocenter: %s\n", error.what());
        return 1;
    }
}
