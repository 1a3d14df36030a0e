package io.reconciler.zuul;

import com.netflix.zuul.message.http.HttpRequestMessage;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which requests may be sent a second time after a server may have seen them: those that change nothing, and those that
 * carry the client's own id, by which the web tier knows a repetition. All others never are.
 */
final class Repeat {
    static final String KEY = "Idempotency-Key";

    /** A body is kept for a repetition up to this size; a larger one is passed on as it comes, and never again. */
    private static final int BODY_BYTES = 64 * 1024;

    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._~-]{1,64}");

    private Repeat() {}

    static boolean changes(HttpRequestMessage request) {
        return !SAFE.contains(request.getMethod().toUpperCase(Locale.ROOT));
    }

    static boolean allowed(HttpRequestMessage request) {
        // Zuul keeps methods in lower case.
        String method = request.getMethod().toUpperCase(Locale.ROOT);
        return fits(request) && (SAFE.contains(method) || keyed(request));
    }

    private static boolean keyed(HttpRequestMessage request) {
        var keys = request.getHeaders().getAll(KEY);
        return keys.size() == 1 && ID.matcher(keys.get(0)).matches();
    }

    private static boolean fits(HttpRequestMessage request) {
        String length = request.getHeaders().getFirst("Content-Length");
        return length == null || Long.parseLong(length) <= BODY_BYTES; // a number: Netty saw to it
    }
}
