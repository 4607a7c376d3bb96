#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
/// `authorities` is the file of the certificates that are trusted; NULL for the system's.
struct ft_post *ft_post_new(
    const char *url, const void *body, size_t bytes, int64_t milliseconds, const char *authorities);

/// Adds the header `name: value`.
void ft_post_add_header(struct ft_post *post, const char *line);

/// Sends it, once, and waits for the answer, whose body is thrown away. The status that was answered, or 0 with the
/// reason why there was none, cut to `size`.
int ft_post_send(struct ft_post *post, char *reason, size_t size);

/// Makes `ft_post_send` give up within about a second; for any thread, at any time before `ft_post_free`.
void ft_post_cancel(struct ft_post *post);

/// Frees what `ft_post_new` gave.
void ft_post_free(struct ft_post *post);
