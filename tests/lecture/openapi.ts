// Written by ./run generate from docs/openapi/lecture.json; a test says when it is not current.
export interface paths {
    "/classes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The classes. */
        get: operations["getClasses"];
        put?: never;
        /** Enrols a student: no enrolment without payment, and no payment without enrolment. */
        post: operations["postClasses"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/classes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One class. */
        get: operations["getClassesId"];
        /** Changes a class. */
        put: operations["putClassesId"];
        post?: never;
        /** Removes a class. */
        delete: operations["deleteClassesId"];
        options?: never;
        head?: never;
        /** Changes a class. */
        patch: operations["patchClassesId"];
        trace?: never;
    };
    "/inquiryMypages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The inquiryMypages. */
        get: operations["getInquiryMypages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/inquiryMypages/search/findByClassId": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Those inquiryMypages whose classId is this. */
        get: operations["getInquiryMypagesSearchFindByClassId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/inquiryMypages/search/findByPaymentId": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Those inquiryMypages whose paymentId is this. */
        get: operations["getInquiryMypagesSearchFindByPaymentId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/inquiryMypages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One inquiryMypage. */
        get: operations["getInquiryMypagesId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/courses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The courses. */
        get: operations["getCourses"];
        put?: never;
        /** Makes a course. */
        post: operations["postCourses"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/courses/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One course. */
        get: operations["getCoursesId"];
        /** Changes a course. */
        put: operations["putCoursesId"];
        post?: never;
        /** Removes a course. */
        delete: operations["deleteCoursesId"];
        options?: never;
        head?: never;
        /** Changes a course. */
        patch: operations["patchCoursesId"];
        trace?: never;
    };
    "/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The deliveries. */
        get: operations["getDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries/search/findByClassId": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Those deliveries whose classId is this. */
        get: operations["getDeliveriesSearchFindByClassId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One delivery. */
        get: operations["getDeliveriesId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The payments. */
        get: operations["getPayments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/payments/search/findByClassId": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Those payments whose classId is this. */
        get: operations["getPaymentsSearchFindByClassId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/payments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One payment. */
        get: operations["getPaymentsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Cancels a payment, and nothing else. */
        patch: operations["patchPaymentsId"];
        trace?: never;
    };
    "/payment/cancel/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Cancels the payment of an enrolment, and nothing else. */
        put: operations["putPaymentCancelId"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Cancels the payment of an enrolment, and nothing else. */
        patch: operations["patchPaymentCancelId"];
        trace?: never;
    };
    "/points": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The points. */
        get: operations["getPoints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/points/search/findByClassId": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Those points whose classId is this. */
        get: operations["getPointsSearchFindByClassId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/points/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One point. */
        get: operations["getPointsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gifts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The gifts. */
        get: operations["getGifts"];
        put?: never;
        /** Makes a gift without an enrolment. */
        post: operations["postGifts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gifts/search/findByClassId": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Those gifts whose classId is this. */
        get: operations["getGiftsSearchFindByClassId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gifts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One gift. */
        get: operations["getGiftsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Linked: {
            _links: {
                self: {
                    /** Format: uri */
                    href: string;
                };
            } & {
                [key: string]: {
                    /** Format: uri */
                    href: string;
                };
            };
        };
        /** @description HAL. Links lead on where the answer is a page; plain lists have no page. */
        Collection: {
            _embedded: Record<string, never>;
            _links: {
                self: {
                    /** Format: uri */
                    href: string;
                };
                first?: {
                    /** Format: uri */
                    href: string;
                };
                prev?: {
                    /** Format: uri */
                    href: string;
                };
                next?: {
                    /** Format: uri */
                    href: string;
                };
            };
            page?: {
                number: number;
                size: number;
            };
        };
        /** @description RFC 9457. */
        Problem: {
            /** Format: uri-reference */
            type: string;
            title: string;
            status: number;
            detail: string;
            errors?: {
                field: string;
                message: string;
            }[];
            /**
             * @description Whether it was done is not known.
             * @constant
             */
            outcome?: "unknown";
            requestId?: string;
            correlationId?: string;
        };
        "class.class": {
            courseId: number;
            fee: number;
            student: string;
            textBook: string;
            id: number;
        };
        "class.classes.body": {
            /** @description Ignored. */
            id?: unknown;
            /** @description Ignored. */
            _links?: unknown;
            courseId: number | string;
            fee: number | string;
            student: string;
            textBook: string;
        };
        "class.inquiryMypage": {
            id: number;
            classId: number;
            paymentId: number;
            courseId: number;
            fee: number;
            student: string;
            textBook: string;
            /** @enum {string} */
            status: "CLASS_START" | "CLASS_CANCELED";
            /** @enum {string} */
            paymentStatus: "PAYMENT_COMPLETED" | "PAYMENT_CANCELED";
            deliveryStatus: ("DELIVERY_START" | "DELIVERY_CANCELED") | null;
            pointStatus: ("Point Added" | "Point Canceled") | null;
            point: number | null;
            giftstock: number | null;
        };
        "course.course": {
            name: string;
            teacher: string;
            fee: number;
            textBook: string;
            id: number;
        };
        "course.courses.body": {
            /** @description Ignored. */
            id?: unknown;
            /** @description Ignored. */
            _links?: unknown;
            name: string;
            teacher: string;
            fee: number | string;
            textBook: string;
        };
        "course.delivery": {
            id: number;
            classId: number;
            paymentId: number;
            courseId: number;
            student: string;
            textBook: string;
            /** @enum {string} */
            status: "DELIVERY_START" | "DELIVERY_CANCEL";
        };
        "pay.payment": {
            classId: number;
            courseId: number;
            fee: number;
            student: string;
            textBook: string;
            id: number;
            /** @enum {string} */
            status: "PAYMENT_COMPLETED" | "CANCEL";
        };
        "pay.payments.body": {
            /** @description Ignored. */
            id?: unknown;
            /** @description Ignored. */
            _links?: unknown;
            /** @constant */
            status: "CANCEL";
        };
        "point.point": {
            id: number;
            classId: number;
            fee: number;
            student: string;
            cashpoint: number;
        };
        "gift.gift": {
            classId: number;
            fee: number;
            student: string;
            id: number;
            giftstock: number;
        };
        "gift.gifts.body": {
            /** @description Ignored. */
            id?: unknown;
            /** @description Ignored. */
            _links?: unknown;
            classId: number | string;
            fee: number | string;
            student: string;
            giftstock?: number | string;
        };
    };
    responses: {
        /** @description The request is not what it has to be; `errors` names the fields. */
        400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such record. */
        404: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It contradicts what was done before. */
        409: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The record is not in the state that If-Match names. */
        412: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is larger than 256 kB. */
        413: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is not JSON in UTF-8. */
        415: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A business rule refuses it, or the Idempotency-Key belongs to another request. */
        422: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description This client has sent all that it may for now; by default there is no such limit. */
        429: {
            headers: {
                /** @description Seconds. */
                "Retry-After"?: number;
                /** @description What is left: draft-ietf-httpapi-ratelimit-headers. */
                RateLimit?: string;
                /** @description What may be sent: draft-ietf-httpapi-ratelimit-headers. */
                "RateLimit-Policy"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description What it needs is away, or slow; try again later. */
        503: {
            headers: {
                /** @description Seconds. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Any other refusal. */
        default: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getClasses: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            classes: (components["schemas"]["class.class"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    postClasses: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repetitions with the same key have one effect, for a day. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["class.classes.body"];
            };
        };
        responses: {
            /** @description It was made, or had been by the same command. */
            201: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    /** @description Where the record is. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["class.class"] & components["schemas"]["Linked"];
                };
            };
            400: components["responses"]["400"];
            409: components["responses"]["409"];
            412: components["responses"]["412"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getClassesId: {
        parameters: {
            query?: never;
            header?: {
                /** @description ETag of the state that the client has. */
                "If-None-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["class.class"] & components["schemas"]["Linked"];
                };
            };
            /** @description The client has it already (If-None-Match). */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    putClassesId: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repetitions with the same key have one effect, for a day. */
                "Idempotency-Key"?: string;
                /** @description ETag of the state that is to be changed. */
                "If-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["class.classes.body"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["class.class"] & components["schemas"]["Linked"];
                };
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            412: components["responses"]["412"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    deleteClassesId: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repetitions with the same key have one effect, for a day. */
                "Idempotency-Key"?: string;
                /** @description ETag of the state that is to be changed. */
                "If-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            412: components["responses"]["412"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    patchClassesId: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repetitions with the same key have one effect, for a day. */
                "Idempotency-Key"?: string;
                /** @description ETag of the state that is to be changed. */
                "If-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Ignored. */
                    id?: unknown;
                    /** @description Ignored. */
                    _links?: unknown;
                    courseId?: number | string;
                    fee?: number | string;
                    student?: string;
                    textBook?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["class.class"] & components["schemas"]["Linked"];
                };
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            412: components["responses"]["412"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getInquiryMypages: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            inquiryMypages: (components["schemas"]["class.inquiryMypage"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getInquiryMypagesSearchFindByClassId: {
        parameters: {
            query: {
                classId: string;
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            inquiryMypages: (components["schemas"]["class.inquiryMypage"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getInquiryMypagesSearchFindByPaymentId: {
        parameters: {
            query: {
                paymentId: string;
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            inquiryMypages: (components["schemas"]["class.inquiryMypage"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getInquiryMypagesId: {
        parameters: {
            query?: never;
            header?: {
                /** @description ETag of the state that the client has. */
                "If-None-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["class.inquiryMypage"] & components["schemas"]["Linked"];
                };
            };
            /** @description The client has it already (If-None-Match). */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getCourses: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            courses: (components["schemas"]["course.course"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    postCourses: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repetitions with the same key have one effect, for a day. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["course.courses.body"];
            };
        };
        responses: {
            /** @description It was made, or had been by the same command. */
            201: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    /** @description Where the record is. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["course.course"] & components["schemas"]["Linked"];
                };
            };
            400: components["responses"]["400"];
            409: components["responses"]["409"];
            412: components["responses"]["412"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getCoursesId: {
        parameters: {
            query?: never;
            header?: {
                /** @description ETag of the state that the client has. */
                "If-None-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["course.course"] & components["schemas"]["Linked"];
                };
            };
            /** @description The client has it already (If-None-Match). */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    putCoursesId: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repetitions with the same key have one effect, for a day. */
                "Idempotency-Key"?: string;
                /** @description ETag of the state that is to be changed. */
                "If-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["course.courses.body"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["course.course"] & components["schemas"]["Linked"];
                };
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            412: components["responses"]["412"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    deleteCoursesId: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repetitions with the same key have one effect, for a day. */
                "Idempotency-Key"?: string;
                /** @description ETag of the state that is to be changed. */
                "If-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            412: components["responses"]["412"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    patchCoursesId: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repetitions with the same key have one effect, for a day. */
                "Idempotency-Key"?: string;
                /** @description ETag of the state that is to be changed. */
                "If-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Ignored. */
                    id?: unknown;
                    /** @description Ignored. */
                    _links?: unknown;
                    name?: string;
                    teacher?: string;
                    fee?: number | string;
                    textBook?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["course.course"] & components["schemas"]["Linked"];
                };
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            412: components["responses"]["412"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getDeliveries: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            deliveries: (components["schemas"]["course.delivery"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getDeliveriesSearchFindByClassId: {
        parameters: {
            query: {
                classId: string;
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            deliveries: (components["schemas"]["course.delivery"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getDeliveriesId: {
        parameters: {
            query?: never;
            header?: {
                /** @description ETag of the state that the client has. */
                "If-None-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["course.delivery"] & components["schemas"]["Linked"];
                };
            };
            /** @description The client has it already (If-None-Match). */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getPayments: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            payments: (components["schemas"]["pay.payment"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getPaymentsSearchFindByClassId: {
        parameters: {
            query: {
                classId: string;
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            payments: (components["schemas"]["pay.payment"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getPaymentsId: {
        parameters: {
            query?: never;
            header?: {
                /** @description ETag of the state that the client has. */
                "If-None-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["pay.payment"] & components["schemas"]["Linked"];
                };
            };
            /** @description The client has it already (If-None-Match). */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    patchPaymentsId: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repetitions with the same key have one effect, for a day. */
                "Idempotency-Key"?: string;
                /** @description ETag of the state that is to be changed. */
                "If-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["pay.payments.body"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["pay.payment"] & components["schemas"]["Linked"];
                };
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            412: components["responses"]["412"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    putPaymentCancelId: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repetitions with the same key have one effect, for a day. */
                "Idempotency-Key"?: string;
                /** @description ETag of the state that is to be changed. */
                "If-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["pay.payment"] & components["schemas"]["Linked"];
                };
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            412: components["responses"]["412"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    patchPaymentCancelId: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repetitions with the same key have one effect, for a day. */
                "Idempotency-Key"?: string;
                /** @description ETag of the state that is to be changed. */
                "If-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["pay.payment"] & components["schemas"]["Linked"];
                };
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            412: components["responses"]["412"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getPoints: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            points: (components["schemas"]["point.point"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getPointsSearchFindByClassId: {
        parameters: {
            query: {
                classId: string;
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            points: (components["schemas"]["point.point"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getPointsId: {
        parameters: {
            query?: never;
            header?: {
                /** @description ETag of the state that the client has. */
                "If-None-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["point.point"] & components["schemas"]["Linked"];
                };
            };
            /** @description The client has it already (If-None-Match). */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getGifts: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            gifts: (components["schemas"]["gift.gift"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    postGifts: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repetitions with the same key have one effect, for a day. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["gift.gifts.body"];
            };
        };
        responses: {
            /** @description It was made, or had been by the same command. */
            201: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    /** @description Where the record is. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["gift.gift"] & components["schemas"]["Linked"];
                };
            };
            400: components["responses"]["400"];
            409: components["responses"]["409"];
            412: components["responses"]["412"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getGiftsSearchFindByClassId: {
        parameters: {
            query: {
                classId: string;
                page?: number;
                size?: number;
                sort?: "id" | "id,asc" | "id,desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Collection"] & {
                        _embedded: {
                            gifts: (components["schemas"]["gift.gift"] & components["schemas"]["Linked"])[];
                        };
                    };
                };
            };
            400: components["responses"]["400"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
    getGiftsId: {
        parameters: {
            query?: never;
            header?: {
                /** @description ETag of the state that the client has. */
                "If-None-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    /** @description Of the record as it is shown. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["gift.gift"] & components["schemas"]["Linked"];
                };
            };
            /** @description The client has it already (If-None-Match). */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400"];
            404: components["responses"]["404"];
            429: components["responses"]["429"];
            503: components["responses"]["503"];
            default: components["responses"]["default"];
        };
    };
}
