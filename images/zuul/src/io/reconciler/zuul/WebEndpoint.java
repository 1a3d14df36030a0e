package io.reconciler.zuul;

import com.netflix.zuul.context.CommonContextKeys;
import com.netflix.zuul.context.SessionContext;
import com.netflix.zuul.discovery.DiscoveryResult;
import com.netflix.zuul.exception.ErrorType;
import com.netflix.zuul.exception.OutboundErrorType;
import com.netflix.zuul.filters.endpoint.ProxyEndpoint;
import com.netflix.zuul.message.http.HttpRequestMessage;
import com.netflix.zuul.message.http.HttpResponseMessage;
import com.netflix.zuul.netty.filter.FilterRunner;
import com.netflix.zuul.netty.server.MethodBinding;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpResponse;
import java.util.concurrent.TimeUnit;

/**
 * Zuul's own proxy with a stricter rule for what is sent again. Zuul re-sends a POST after a reset and after a 503: here
 * only what {@link Repeat} allows, and else only what never reached a server.
 */
final class WebEndpoint extends ProxyEndpoint {
    /** In the session, once another attempt follows one of which nobody knows whether it was carried out. */
    static final String DOUBT = "io.reconciler.doubt";

    /** With this header the web tier says that it doesn't know whether it did what it was asked. */
    private static final String UNKNOWN = "X-Outcome";

    private static final long QUICKLY = TimeUnit.SECONDS.toNanos(2);

    private final long began = System.nanoTime();

    WebEndpoint(
            HttpRequestMessage request, ChannelHandlerContext channel, FilterRunner<HttpResponseMessage, ?> next) {
        super(request, channel, next, MethodBinding.NO_OP_BINDING);
    }

    @Override
    protected boolean isRetryable(ErrorType error) {
        if (error == OutboundErrorType.NO_AVAILABLE_SERVERS || error == OutboundErrorType.ORIGIN_CONCURRENCY_EXCEEDED) {
            return false; // no other server will do better
        }
        if (sent()) {
            context.put(DOUBT, true);
        }
        return (!sent() || Repeat.allowed(zuulRequest)) && isRequestReplayable();
    }

    @Override
    public boolean isRetryable5xxResponse(HttpRequestMessage request, HttpResponse response) {
        boolean again = Repeat.allowed(request) && quick() && super.isRetryable5xxResponse(request, response);
        if (again && response.headers().contains(UNKNOWN)) {
            context.put(DOUBT, true);
        }
        return again;
    }

    @Override
    protected void postErrorProcessing(
            Throwable failure, SessionContext session, ErrorType error, DiscoveryResult server, int attempt) {
        zuulRequest.resetBodyReader(); // or a repetition would send what is left of the body: nothing
    }

    /** Counted from the request's beginning. A server that fails slowly has tried all that another one would try, and its user has waited long enough. */
    private boolean quick() {
        return System.nanoTime() - began < QUICKLY;
    }

    /** Whether any attempt got as far as writing to a server. */
    private boolean sent() {
        return context.get(CommonContextKeys.ORIGIN_CHANNEL) != null;
    }
}
