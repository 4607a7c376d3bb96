#define _GNU_SOURCE
#include "CCurl.h"
#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

// Opened when first needed: linked in, it would make each start of the daemon some 16 ms longer.
#define FUNCTIONS(each)                                                                      \
    each(curl_global_init) each(curl_easy_init) each(curl_easy_setopt)                       \
    each(curl_easy_perform) each(curl_easy_getinfo) each(curl_easy_cleanup)                  \
    each(curl_easy_strerror) each(curl_slist_append) each(curl_slist_free_all)

#define DECLARE(name) static __typeof__(&name) p_##name;
FUNCTIONS(DECLARE)

static bool find_functions(void *handle, const char *library, char *reason, size_t size) {
#define FIND(name)                                                   \
    p_##name = (__typeof__(p_##name))dlsym(handle, #name);           \
    if (!p_##name) {                                                 \
        snprintf(reason, size, "%s has no %s", library, #name);      \
        return false;                                                \
    }
    FUNCTIONS(FIND)
    return true;
}

bool ft_curl_open(const char *library, char *reason, size_t size) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *text = dlerror();
        snprintf(reason, size, "%s", text ? text : library);
        return false;
    }
    if (!find_functions(handle, library, reason, size)) {
        dlclose(handle);
        return false;
    }
    CURLcode code = p_curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) snprintf(reason, size, "%s", p_curl_easy_strerror(code));
    return code == CURLE_OK;
}

struct ft_post {
    CURL *curl;
    struct curl_slist *headers;
    // Of the first call that failed.
    CURLcode code;
    // Bytes of the answer's body so far.
    size_t taken;
    atomic_bool is_cancelled;
    // Whom it may connect to; NULL for anybody.
    bool (*admits)(const struct sockaddr *);
    bool is_refused;
    char error[CURL_ERROR_SIZE];
};

// Enough for what a receiver has to say, and little enough to read from one that never ends.
enum { most_bytes = 64 << 10 };

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    struct ft_post *post = context;
    post->taken += size * count;
    return post->taken > most_bytes ? 0 : size * count;
}

// libcurl calls it about once a second at least; anything but 0 ends the transfer.
static int progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a, (void)b, (void)c, (void)d;
    struct ft_post *post = context;
    return atomic_load(&post->is_cancelled);
}

// Asked of the address itself, whatever name it was found by.
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)purpose;
    struct ft_post *post = context;
    if (post->admits && !post->admits(&address->addr)) {
        post->is_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

#define SET(post, option, value) \
    if ((post)->code == CURLE_OK) (post)->code = p_curl_easy_setopt((post)->curl, option, value)

static void set_limits(struct ft_post *post, int64_t milliseconds, const char *authorities) {
    SET(post, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(post, CURLOPT_FOLLOWLOCATION, 0L);
    SET(post, CURLOPT_PROXY, "");
    SET(post, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(post, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(post, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (authorities) {
        SET(post, CURLOPT_CAINFO, authorities);
        SET(post, CURLOPT_CAPATH, NULL);
    }
    SET(post, CURLOPT_TIMEOUT_MS, (long)milliseconds);
    // Signals would be the whole process's; libcurl's resolver has a thread of its own and needs none.
    SET(post, CURLOPT_NOSIGNAL, 1L);
    // Does not wait for a name server that does not answer, once the time is up or the POST was cancelled.
    SET(post, CURLOPT_QUICK_EXIT, 1L);
}

struct ft_post *ft_post_new(
    const char *url, const void *body, size_t bytes, int64_t milliseconds, const char *authorities,
    bool (*admits)(const struct sockaddr *)) {
    struct ft_post *post = calloc(1, sizeof *post);
    if (!post) return NULL;
    post->curl = p_curl_easy_init();
    if (!post->curl) {
        free(post);
        return NULL;
    }
    SET(post, CURLOPT_ERRORBUFFER, post->error);
    SET(post, CURLOPT_URL, url);
    SET(post, CURLOPT_POST, 1L);
    SET(post, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)bytes);
    SET(post, CURLOPT_COPYPOSTFIELDS, bytes ? body : "");
    SET(post, CURLOPT_WRITEFUNCTION, take_body);
    SET(post, CURLOPT_WRITEDATA, post);
    SET(post, CURLOPT_XFERINFOFUNCTION, progress);
    SET(post, CURLOPT_XFERINFODATA, post);
    SET(post, CURLOPT_NOPROGRESS, 0L);
    post->admits = admits;
    SET(post, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(post, CURLOPT_OPENSOCKETDATA, post);
    set_limits(post, milliseconds, authorities);
    return post;
}

void ft_post_add_header(struct ft_post *post, const char *line) {
    struct curl_slist *longer = p_curl_slist_append(post->headers, line);
    if (longer) {
        post->headers = longer;
    } else if (post->code == CURLE_OK) {
        post->code = CURLE_OUT_OF_MEMORY;
    }
}

// TLS writes to connections that may be gone; its SIGPIPE, which is this thread's alone, must not end the process.
static CURLcode perform_without_sigpipe(CURL *curl) {
    sigset_t pipe_signal, before, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    sigpending(&pending);
    CURLcode code = p_curl_easy_perform(curl);
    if (!sigismember(&pending, SIGPIPE)) {
        const struct timespec none = {0, 0};
        sigtimedwait(&pipe_signal, NULL, &none);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

int ft_post_send(struct ft_post *post, char *reason, size_t size) {
    SET(post, CURLOPT_HTTPHEADER, post->headers);
    if (post->code == CURLE_OK) post->code = perform_without_sigpipe(post->curl);
    // Where a body began the whole head is there, which is all that is wanted, however the body ends.
    long status = 0;
    if (post->code == CURLE_OK || post->taken > 0) p_curl_easy_getinfo(post->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == 0 && post->is_refused)
        snprintf(reason, size, "it is this machine itself or its own link, which delivery.webhook_local does not allow");
    else if (status == 0)
        snprintf(reason, size, "%s", post->error[0] ? post->error : p_curl_easy_strerror(post->code));
    return (int)status;
}

void ft_post_cancel(struct ft_post *post) { atomic_store(&post->is_cancelled, true); }

void ft_post_free(struct ft_post *post) {
    p_curl_easy_cleanup(post->curl);
    p_curl_slist_free_all(post->headers);
    free(post);
}

struct ft_get {
    CURL *curl;
    CURLcode code;
    atomic_bool is_cancelled;
    bool is_enough;
    ft_take take_head, take_body;
    void *context;
    char error[CURL_ERROR_SIZE];
};

static size_t get_head(char *bytes, size_t size, size_t count, void *context) {
    struct ft_get *get = context;
    get->is_enough = !get->take_head(get->context, bytes, size * count);
    return get->is_enough ? 0 : size * count;
}

static size_t get_body(char *bytes, size_t size, size_t count, void *context) {
    struct ft_get *get = context;
    get->is_enough = !get->take_body(get->context, bytes, size * count);
    return get->is_enough ? 0 : size * count;
}

static int get_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a, (void)b, (void)c, (void)d;
    struct ft_get *get = context;
    return atomic_load(&get->is_cancelled);
}

struct ft_get *ft_get_new(const char *authorities, bool allows_http) {
    struct ft_get *get = calloc(1, sizeof *get);
    if (!get) return NULL;
    get->curl = p_curl_easy_init();
    if (!get->curl) {
        free(get);
        return NULL;
    }
    SET(get, CURLOPT_ERRORBUFFER, get->error);
    SET(get, CURLOPT_PROTOCOLS_STR, allows_http ? "http,https" : "https");
    SET(get, CURLOPT_FOLLOWLOCATION, 0L);
    SET(get, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(get, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(get, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (authorities) {
        SET(get, CURLOPT_CAINFO, authorities);
        SET(get, CURLOPT_CAPATH, NULL);
    }
    SET(get, CURLOPT_NOSIGNAL, 1L);
    SET(get, CURLOPT_QUICK_EXIT, 1L);
    SET(get, CURLOPT_CONNECTTIMEOUT, 30L);
    SET(get, CURLOPT_BUFFERSIZE, 256L << 10);
    SET(get, CURLOPT_HEADERFUNCTION, get_head);
    SET(get, CURLOPT_HEADERDATA, get);
    SET(get, CURLOPT_WRITEFUNCTION, get_body);
    SET(get, CURLOPT_WRITEDATA, get);
    SET(get, CURLOPT_XFERINFOFUNCTION, get_progress);
    SET(get, CURLOPT_XFERINFODATA, get);
    SET(get, CURLOPT_NOPROGRESS, 0L);
    return get;
}

static enum ft_end end_of(struct ft_get *get) {
    if (get->is_enough || atomic_load(&get->is_cancelled)) return ft_end_stopped;
    switch (get->code) {
    case CURLE_OK: return ft_end_whole;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_OUT_OF_MEMORY: return ft_end_refused;
    default: return ft_end_broken;
    }
}

int ft_get_perform(
    struct ft_get *get, const char *url, const char *const *headers, size_t count, int silence, ft_take take_head,
    ft_take take_body, void *context, enum ft_end *end, char *reason, size_t size) {
    struct curl_slist *list = NULL;
    get->is_enough = false;
    get->error[0] = 0;
    get->take_head = take_head;
    get->take_body = take_body;
    get->context = context;
    for (size_t i = 0; i < count && get->code == CURLE_OK; i++) {
        struct curl_slist *longer = p_curl_slist_append(list, headers[i]);
        if (longer) {
            list = longer;
        } else {
            get->code = CURLE_OUT_OF_MEMORY;
        }
    }
    SET(get, CURLOPT_URL, url);
    SET(get, CURLOPT_HTTPHEADER, list);
    SET(get, CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(get, CURLOPT_LOW_SPEED_TIME, (long)silence);
    long status = 0;
    if (get->code == CURLE_OK) {
        get->code = perform_without_sigpipe(get->curl);
        p_curl_easy_getinfo(get->curl, CURLINFO_RESPONSE_CODE, &status);
    }
    *end = end_of(get);
    snprintf(reason, size, "%s", get->error[0] ? get->error : p_curl_easy_strerror(get->code));
    get->code = CURLE_OK;
    p_curl_easy_setopt(get->curl, CURLOPT_HTTPHEADER, NULL);
    p_curl_slist_free_all(list);
    return (int)status;
}

void ft_get_cancel(struct ft_get *get) { atomic_store(&get->is_cancelled, true); }

void ft_get_free(struct ft_get *get) {
    p_curl_easy_cleanup(get->curl);
    free(get);
}
