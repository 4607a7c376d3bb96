#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/// Opens libcurl under the name `library`; may be called again after it failed, by one thread at a time. False with the
/// reason, cut to `size`.
bool ft_curl_open(const char *library, char *reason, size_t size);

/// One HTTP POST, for which `ft_curl_open` has to have succeeded.
///
/// Certificates and the host's name in them are verified; nothing but http and https is spoken; no redirect is
/// followed, and no proxy that the environment names.
struct ft_post;

/// A POST of `body` that may take `milliseconds` from the beginning to the end; NULL where there is no memory.
///
/// `authorities` is the file of the certificates that are trusted; NULL for the system's. `admits` says of each address
/// whether it may be connected to; NULL for all.
struct ft_post *ft_post_new(
    const char *url, const void *body, size_t bytes, int64_t milliseconds, const char *authorities,
    bool (*admits)(const struct sockaddr *));

/// Adds the header `name: value`.
void ft_post_add_header(struct ft_post *post, const char *line);

/// Sends it, once, and waits for the answer, whose body is thrown away. The status that was answered, or 0 with the
/// reason why there was none, cut to `size`.
int ft_post_send(struct ft_post *post, char *reason, size_t size);

/// Makes `ft_post_send` give up within about a second; for any thread, at any time before `ft_post_free`.
void ft_post_cancel(struct ft_post *post);

/// Frees what `ft_post_new` gave.
void ft_post_free(struct ft_post *post);

/// A client of HTTP GET, for one thread at a time; it keeps its connection for the next request to the same host.
///
/// Certificates and the host's name in them are verified; nothing but http and https is spoken, http only where that is
/// allowed; no redirect is followed. Proxies are those that the environment names (`https_proxy`, `no_proxy`).
struct ft_get;

/// What takes a line of the answer's head, or a piece of its body; false ends the request.
typedef bool (*ft_take)(void *context, const char *bytes, size_t count);

/// How a request ended.
enum ft_end {
    /// The answer is whole.
    ft_end_whole,
    /// Whoever took it said that it is enough, or it was cancelled.
    ft_end_stopped,
    /// The connection broke, or none could be made; another try may succeed.
    ft_end_broken,
    /// The certificate is not trusted or of another host, or the address cannot be asked: trying again changes nothing.
    ft_end_refused,
};

/// A client; NULL where there is no memory. `authorities` is the file of the certificates that are trusted; NULL for
/// the system's.
struct ft_get *ft_get_new(const char *authorities, bool allows_http);

/// Asks `url` with `headers`, which are `count` lines `name: value`, and gives the answer to the two takers, which get
/// `context`; the status, or 0 where none came, and how it ended, with the reason, cut to `size`.
///
/// Nothing that comes for `silence` seconds ends it as broken.
int ft_get_perform(
    struct ft_get *get, const char *url, const char *const *headers, size_t count, int silence, ft_take take_head,
    ft_take take_body, void *context, enum ft_end *end, char *reason, size_t size);

/// Makes `ft_get_perform` give up within about a second; for any thread, at any time before `ft_get_free`.
void ft_get_cancel(struct ft_get *get);

/// Frees what `ft_get_new` gave.
void ft_get_free(struct ft_get *get);
