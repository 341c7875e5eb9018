#include "relay/privileges.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace relay {

namespace {

conf::Error system_error(const std::string& what) {
    return {boost::system::error_code(errno, boost::system::system_category()), what};
}

struct Account {
    uid_t uid = 0;
    gid_t gid = 0;
};

conf::Result<Account> find_account(const std::string& user) {
    std::vector<char> buffer(16 * 1024);
    passwd entry{};
    passwd* found = nullptr;
    const int error = getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (error != 0 || found == nullptr) {
        return conf::Error{{}, "user '" + user + "' does not exist: create it or change 'user'"};
    }
    return Account{entry.pw_uid, entry.pw_gid};
}

}  // namespace

conf::Result<void> prepare_folder(const std::string& folder, const std::string& user) {
    std::error_code ec;
    const bool made = std::filesystem::create_directories(folder, ec);
    if (ec) {
        return conf::Error{ec, "making data_dir " + folder};
    }
    if (made && chmod(folder.c_str(), S_IRWXU) != 0) {
        return system_error("protecting data_dir " + folder);
    }
    if (!user.empty() && geteuid() == 0) {
        const auto account = find_account(user);
        if (!account) {
            return account.error();
        }
        if (chown(folder.c_str(), account->uid, account->gid) != 0) {
            return system_error("handing data_dir " + folder + " to " + user);
        }
    }
    return {};
}

conf::Result<void> drop_privileges(const std::string& user) {
    if (!user.empty() && geteuid() == 0) {
        const auto account = find_account(user);
        if (!account) {
            return account.error();
        }
        if (initgroups(user.c_str(), account->gid) != 0 || setgid(account->gid) != 0 ||
            setuid(account->uid) != 0) {
            return system_error("becoming user " + user);
        }
        if (account->uid != 0 && setuid(0) == 0) {
            return conf::Error{
                {}, "becoming user " + user + " could be undone: the system keeps root's rights"};
        }
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return system_error("giving up privileges");
    }
    return {};
}

}  // namespace relay
