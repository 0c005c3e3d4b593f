/** True if a container engine answers that Testcontainers can use (asked once per process). */
export const containerEngineAnswers = (): Promise<boolean> => {
  answer ??= (async () => {
    try {
      const { getContainerRuntimeClient } = await import('testcontainers');
      await getContainerRuntimeClient();
      return true;
    } catch {
      return false;
    }
  })();
  return answer;
};
let answer: Promise<boolean> | undefined;

/** True if the image is here or can be pulled. */
export const imageIsAvailable = async (image: string): Promise<boolean> => {
  const { getContainerRuntimeClient, ImageName } = await import('testcontainers');
  const client = await getContainerRuntimeClient();
  const name = ImageName.fromString(image);
  if (await client.image.exists(name)) return true;
  try {
    await client.image.pull(name);
    return true;
  } catch {
    return false;
  }
};
