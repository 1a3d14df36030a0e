package io.reconciler.zuul;

import com.netflix.zuul.Filter;
import com.netflix.zuul.context.CommonContextKeys;
import com.netflix.zuul.exception.ErrorType;
import com.netflix.zuul.exception.OutboundErrorType;
import com.netflix.zuul.exception.OutboundException;
import com.netflix.zuul.filters.FilterType;
import com.netflix.zuul.filters.http.HttpOutboundSyncFilter;
import com.netflix.zuul.message.http.HttpRequestInfo;
import com.netflix.zuul.message.http.HttpRequestMessage;
import com.netflix.zuul.message.http.HttpResponseMessage;
import com.netflix.zuul.message.http.HttpResponseMessageImpl;
import com.netflix.zuul.netty.NettyRequestAttemptFactory;
import com.netflix.zuul.niws.RequestAttempts;

/**
 * What every answer gets: how many attempts it took and who answered. Where no server did, the answer says which tier is
 * missing and whether sending the request again is safe; a server's own errors pass unchanged. But where a server that
 * was asked before may have carried it out, the next one's "nothing was done" isn't passed on.
 */
@Filter(order = 10, type = FilterType.OUTBOUND)
public final class Answers extends HttpOutboundSyncFilter {
    private static final NettyRequestAttemptFactory ERRORS = new NettyRequestAttemptFactory();

    @Override
    public HttpResponseMessage apply(HttpResponseMessage response) {
        var session = response.getContext();
        RequestAttempts attempts = RequestAttempts.getFromSessionContext(session);
        if (attempts != null && !attempts.isEmpty()) {
            response.getHeaders().set("X-Zuul-Attempts", Integer.toString(attempts.size()));
        }
        if (!answered(response)) {
            if (session.getError() != null) {
                explain(response);
            }
            return response;
        }
        if (attempts.getFinalAttempt().getInstanceId() != null) {
            response.getHeaders().set("X-Zuul-Server", attempts.getFinalAttempt().getInstanceId());
        }
        if (doubtful(response)) {
            response.getHeaders().set("Content-Type", "application/json");
            response.setBodyAsText(text(
                    "outcome_unknown",
                    "One instance of the web tier got this request and gave no good answer, another one refused it: it may "
                            + "or may not have been carried out. Send it again with the same " + Repeat.KEY + "."));
        }
        return response;
    }

    /** Whether this is a server's answer and not one of ours. */
    private static boolean answered(HttpResponseMessage response) {
        return response.getInboundResponse() != null
                && response.getContext().get(CommonContextKeys.ORIGIN_STATUS) != null;
    }

    /** Whether a refusal of something that changes data came after an attempt of which nobody knows. */
    private static boolean doubtful(HttpResponseMessage response) {
        return response.getStatus() == 503
                && answered(response)
                && response.getContext().get(WebEndpoint.DOUBT) != null
                && Repeat.changes(response.getOutboundRequest());
    }

    @Override
    public boolean needsBodyBuffered(HttpResponseMessage response) {
        return doubtful(response);
    }

    private static void explain(HttpResponseMessage response) {
        Throwable failure = response.getContext().getError();
        if (!(failure instanceof OutboundException) && response.hasBody() && response.getBodyLength() > 0) {
            return; // a refusal, which has its own text
        }
        boolean sent = response.getContext().get(CommonContextKeys.ORIGIN_CHANNEL) != null;
        boolean again = !sent || Repeat.allowed(response.getOutboundRequest());
        var error = ERRORS.mapNettyToOutboundErrorType(failure);
        int status = again ? 503 : error == OutboundErrorType.READ_TIMEOUT ? 504 : 502;
        response.setStatus(status);
        response.getHeaders().set("Content-Type", "application/json");
        if (again) {
            response.getHeaders().set("Retry-After", "1");
        }
        response.setBodyAsText(reason(error, again));
    }

    private static String reason(ErrorType error, boolean again) {
        if (error == OutboundErrorType.NO_AVAILABLE_SERVERS) {
            return text("no_web", "The web tier is missing: no instance of it is up in Eureka. Try again in a second.");
        }
        if (error == OutboundErrorType.ORIGIN_CONCURRENCY_EXCEEDED) {
            return text("overloaded", "Too many requests are in flight; this one was not sent on. Try again in a second.");
        }
        if (again) {
            return text("web_unreachable", "No instance of the web tier answered. Try again in a second.");
        }
        return text(
                "outcome_unknown",
                "The web tier got this request and did not answer: it may or may not have been carried out. "
                        + "Look before sending it again, or send it with an " + Repeat.KEY + ".");
    }

    /** A JSON body in the site's own form; both texts are our own, so nothing in them needs escaping. */
    static String text(String code, String message) {
        return "{\"error\":{\"code\":\"" + code + "\",\"message\":\"" + message + "\"}}\n";
    }

    static HttpResponseMessage json(HttpRequestMessage request, int status, String text) {
        var response = new HttpResponseMessageImpl(request.getContext(), request, status);
        response.getHeaders().set("Content-Type", "application/json");
        response.getHeaders().set("Cache-Control", "no-store");
        response.setBodyAsText(text);
        return response;
    }

    @Override
    public int filterOrder() {
        return 10;
    }

    @Override
    public boolean shouldFilter(HttpResponseMessage response) {
        return true;
    }
}
