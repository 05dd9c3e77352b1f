// Asking the API.

/** The `data` of an answer, or null when there was none. */
export async function fetchData<T>(path: string): Promise<T | null> {
  try {
    const response = await fetch(path);
    if (!response.ok) return null;
    const answer = (await response.json()) as {data?: T};
    return answer.data ?? null;
  } catch {
    return null;
  }
}
