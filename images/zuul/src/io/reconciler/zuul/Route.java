package io.reconciler.zuul;

import com.netflix.zuul.Filter;
import com.netflix.zuul.context.CommonContextKeys;
import com.netflix.zuul.exception.ZuulException;
import com.netflix.zuul.filters.FilterType;
import com.netflix.zuul.filters.endpoint.ProxyEndpoint;
import com.netflix.zuul.filters.http.HttpInboundSyncFilter;
import com.netflix.zuul.message.http.HttpQueryParams;
import com.netflix.zuul.message.http.HttpRequestMessage;
import io.netty.handler.codec.http.HttpRequest;

/** Everything goes to the web tier, unchanged, except /healthcheck, which is our own, and what is too large. */
@Filter(order = 10, type = FilterType.INBOUND)
public final class Route extends HttpInboundSyncFilter {
    private static final long BODY_BYTES = 1024 * 1024;

    @Override
    public HttpRequestMessage apply(HttpRequestMessage request) {
        var session = request.getContext();
        int refusal = refusal(request);
        if (refusal != 0) {
            var error = new ZuulException("refused with " + refusal);
            error.setStatusCode(refusal);
            session.setError(error);
            session.setShouldSendErrorResponse(true);
        } else if (request.getPath().equals("/healthcheck")) {
            session.setEndpoint(Health.class.getName());
        } else {
            session.setEndpoint(ProxyEndpoint.class.getCanonicalName());
            session.setRouteVIP(WebOrigin.NAME);
            keepQuery(request);
        }
        return request;
    }

    /** A bound on what a request can make us hold: the status to refuse it with, or 0. */
    private static int refusal(HttpRequestMessage request) {
        if (request.getHeaders().contains("Transfer-Encoding")) {
            return 411;
        }
        String length = request.getHeaders().getFirst("Content-Length");
        return length != null && Long.parseLong(length) > BODY_BYTES ? 413 : 0; // a number: Netty saw to it
    }

    /** Zuul takes the query apart and writes it anew, a space as "+" and not as "%20": here it stays as it came. */
    private static void keepQuery(HttpRequestMessage request) {
        var received = (HttpRequest) request.getContext().get(CommonContextKeys.NETTY_HTTP_REQUEST);
        int start = received.uri().indexOf('?');
        if (start >= 0) {
            request.setPath(request.getPath() + received.uri().substring(start));
            request.setQueryParams(new HttpQueryParams());
        }
    }

    /** Zuul never repeats a request that it has passed on as it came, so what may be repeated is taken in first. */
    @Override
    public boolean needsBodyBuffered(HttpRequestMessage request) {
        return Repeat.allowed(request);
    }

    @Override
    public int filterOrder() {
        return 10;
    }

    @Override
    public boolean shouldFilter(HttpRequestMessage request) {
        return true;
    }
}
